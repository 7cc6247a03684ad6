import { describe, expect, test } from 'vitest'
import { requestedResources, resourceOfToken } from '../../src/authorization-server/requested-resources.js'

const mcp = 'https://rs.example/mcp'
const root = 'https://rs.example'

const invalidTarget = expect.objectContaining({ code: 'invalid_target', status: 400 })

describe('an authorization request', () => {
  test('C-21 without a resource means the only one there is', () => {
    expect(requestedResources([], [mcp])).toEqual([mcp])
    expect(() => requestedResources([], [mcp, root])).toThrow(invalidTarget)
    expect(() => requestedResources([], [])).toThrow(invalidTarget)
  })

  test('C-22 for a resource in another spelling gets the configured one', () => {
    expect(requestedResources(['https://RS.example:443/mcp'], [mcp, root])).toEqual([mcp])
    expect(requestedResources(['https://rs.example/'], [mcp, root])).toEqual([root])
  })

  test('C-20 may name several, each once', () => {
    expect(requestedResources([root, mcp, 'https://rs.example/'], [mcp, root])).toEqual([root, mcp])
  })

  test.each([
    'https://other.example/mcp',
    'https://rs.example/mcp#x',
    'https://rs.example/mcp/',
    'https://rs.example/',
    '/mcp',
    'mcp',
    '*',
  ])('C-19 for %s is invalid, also beside one that is known', (resource) => {
    expect(() => requestedResources([resource], [mcp])).toThrow(invalidTarget)
    expect(() => requestedResources([mcp, resource], [mcp])).toThrow(invalidTarget)
  })
})

describe('a token', () => {
  test('is for one resource', () => {
    expect(resourceOfToken([], [mcp])).toBe(mcp)
    expect(resourceOfToken([mcp], [mcp, root])).toBe(mcp)
    expect(() => resourceOfToken([], [mcp, root])).toThrow(invalidTarget)
    expect(() => resourceOfToken([mcp, root], [mcp, root])).toThrow(invalidTarget)
    expect(() => resourceOfToken([root], [mcp])).toThrow(invalidTarget)
  })
})
