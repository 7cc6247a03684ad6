import { describe, expect, test } from 'vitest'
import {
  requestedResources,
  resourceOfToken,
} from '../../../src/authorization-server/tokens/granted-resources.js'

const mcp = 'https://rs.example/mcp'
const root = 'https://rs.example'

const invalidTarget = expect.objectContaining({ code: 'invalid_target', status: 400 })

describe('an authorization request', () => {
  test('C-21 an authorization request without a resource means the only resource of the server', () => {
    expect(requestedResources([], [mcp])).toEqual([mcp])
    expect(() => requestedResources([], [mcp, root])).toThrow(invalidTarget)
    expect(() => requestedResources([], [])).toThrow(invalidTarget)
  })

  test('C-22 an authorization request may spell the host of a resource differently', () => {
    expect(requestedResources(['https://RS.example:443/mcp'], [mcp, root])).toEqual([mcp])
    expect(requestedResources(['https://rs.example/'], [mcp, root])).toEqual([root])
  })

  test('C-20 an authorization request may name several resources, and repetitions are dropped', () => {
    expect(requestedResources([root, mcp, 'https://rs.example/'], [mcp, root])).toEqual([root, mcp])
  })

  test.each([
    'https://rs.example/mcp/',
    'https://rs.example',
    'https://rs.example/',
    'HTTPS://RS.example:443/',
    'https://RS.example:443/mcp/',
  ])('C-22 an authorization request for %s means the only resource of the server', (resource) => {
    expect(requestedResources([resource], [mcp])).toEqual([mcp])
    expect(requestedResources([mcp, resource], [mcp])).toEqual([mcp])
    expect(requestedResources([resource], ['https://rs.example/mcp/'])).toEqual(['https://rs.example/mcp/'])
  })

  test.each([
    'https://other.example/mcp',
    'https://other.example',
    'http://rs.example/',
    'https://rs.example:8443/',
    'https://rs.example@other.example/mcp',
    'https://rs.example.other.example',
    'https://rs.example/mcp#x',
    'https://rs.example/mcp#/',
    'https://rs.example/mcp?/',
    'https://rs.example/#',
    'https://rs.example/?',
    'https://rs.example//',
    'https://rs.example/mcp//',
    'https://rs.example/mc',
    'https://rs.example/mcp/x',
    'https://rs.example/other',
    'https://rs.example/a/../mcp',
    'rs.example',
    '/mcp',
    'mcp',
    '*',
    '/',
  ])('C-19 an authorization request for %s is rejected, even together with a known resource', (resource) => {
    expect(() => requestedResources([resource], [mcp])).toThrow(invalidTarget)
    expect(() => requestedResources([mcp, resource], [mcp])).toThrow(invalidTarget)
  })

  test.each(['https://rs.example/mcp/', 'https://rs.example/', 'https://rs.example/x'])(
    'C-19 C-22 a server with several resources rejects %s and names its resources',
    (resource) => {
      const several = [mcp, 'https://rs.example/admin']
      const message = `The resource is unknown. Use one of ${several.join(', ')}`
      expect(() => requestedResources([resource], several)).toThrow(message)
    },
  )

  test.each(['https://rs.example/mcp?tenant=a/', 'urn:notes/', 'https://rs.example/'])(
    'C-22 the last slash of %s counts, except after a bare origin',
    (resource) => {
      expect(requestedResources([resource], [resource])).toEqual([resource])
      const shorter = resource.slice(0, -1)
      const isBareOrigin = shorter === root
      if (isBareOrigin) expect(requestedResources([shorter], [resource])).toEqual([resource])
      else expect(() => requestedResources([shorter], [resource])).toThrow(invalidTarget)
    },
  )

  test('C-19 C-21 an invalid_target error names at most five resources', () => {
    const many = Array.from({ length: 7 }, (_, index) => `https://rs.example/${index}`)
    const names = `Use one of ${many.slice(0, 5).join(', ')}, and 2 more`
    expect(() => requestedResources([], many)).toThrow(`The parameter resource is missing. ${names}`)
    expect(() => requestedResources(['x'], many)).toThrow(names)
    expect(() => requestedResources(['x'], [mcp])).toThrow(`The resource is unknown. Use ${mcp}`)
  })
})

describe('a token', () => {
  const served = [mcp, root]

  test('D-17 a token request must mean exactly one resource', () => {
    expect(resourceOfToken([], [mcp], served)).toBe(mcp)
    expect(resourceOfToken([mcp], served, served)).toBe(mcp)
    expect(() => resourceOfToken([], served, served)).toThrow(invalidTarget)
    expect(() => resourceOfToken([mcp, root], served, served)).toThrow(invalidTarget)
  })

  test('D-16 C-22 a token request may name the resource by its origin if the server has no other', () => {
    expect(resourceOfToken([root], [mcp], [mcp])).toBe(mcp)
    expect(() => resourceOfToken([root], [mcp], served)).toThrow(invalidTarget)
    expect(() => resourceOfToken([`${mcp}/`], [mcp], [mcp, 'https://rs.example/admin'])).toThrow(mcp)
  })
})
