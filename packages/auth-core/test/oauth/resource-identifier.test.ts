import { expect, test } from 'vitest'
import { canonicalResource, isSameResource } from '../../src/oauth/resource-identifier.js'

test.each([
  ['https://rs.example/mcp', 'https://rs.example/mcp'],
  ['https://RS.example:443', 'https://rs.example/'],
  ['https://rs.example', 'https://rs.example/'],
  ['HTTPS://rs.example/mcp', 'https://rs.example/mcp'],
  ['http://localhost:80/mcp', 'http://localhost/mcp'],
  ['https://rs.example/mcp?a=B', 'https://RS.example:443/mcp?a=B'],
  ['urn:example:notes', 'urn:example:notes'],
])('C-22 A-10 %s and %s are the same resource', (a, b) => {
  expect(isSameResource(a, b)).toBe(true)
  expect(isSameResource(b, a)).toBe(true)
})

test.each([
  ['https://rs.example/mcp', 'https://rs.example/mcp/'],
  ['https://rs.example/mcp', 'https://rs.example/MCP'],
  ['https://rs.example/mcp', 'https://rs.example/mcp2'],
  ['https://rs.example/mcp', 'https://rs.example'],
  ['https://rs.example/mcp', 'https://rs.example/mcp?x'],
  ['https://rs.example/mcp', 'https://rs.example/mcp#x'],
  ['https://rs.example/mcp', 'https://rs.example//mcp'],
  ['https://rs.example/mcp', 'https://rs.example/a/../mcp'],
  ['https://rs.example/mcp', 'https://rs.example/%6Dcp'],
  ['https://rs.example/mcp', 'http://rs.example/mcp'],
  ['https://rs.example/mcp', 'https://rs.example:80/mcp'],
  ['http://rs.example/mcp', 'http://rs.example:443/mcp'],
  ['https://rs.example/mcp', 'https://rs.example.:443/mcp'],
  ['https://rs.example/mcp', 'https://rs.example@evil.example/mcp'],
  ['https://rs.example/mcp', 'https://rs.example.evil.example/mcp'],
  ['urn:example:notes', 'URN:example:notes'],
  ['', 'https://'],
])('C-22 A-10 %s and %s are different resources', (a, b) => {
  expect(isSameResource(a, b)).toBe(false)
  expect(isSameResource(b, a)).toBe(false)
})

test('the canonical form is its own canonical form', () => {
  for (const resource of ['HTTPS://RS.example:443', 'http://a:80?x', 'https://a/b/', 'urn:x', '']) {
    expect(canonicalResource(canonicalResource(resource))).toBe(canonicalResource(resource))
  }
})
