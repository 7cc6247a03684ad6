import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalResource, isSameResource } from '../../src/oauth/resource-identifier.js'
import { runs } from '../harness/property-runs.js'

const resource = fc.oneof(
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc
    .tuple(
      fc.constantFrom('https://', 'HTTPS://', 'http://', 'urn:'),
      fc.constantFrom('rs.example', 'RS.Example', '[::1]'),
      fc.constantFrom('', ':443', ':80', ':8443'),
      fc.constantFrom('', '/', '/mcp', '/MCP', '/mcp/', '//mcp', '?a', '#a'),
    )
    .map((parts) => parts.join('')),
)

test('C-22 A-10 the canonical form is stable and has the same origin', () => {
  fc.assert(
    fc.property(resource, (one) => {
      const canonical = canonicalResource(one)
      expect(canonicalResource(canonical)).toBe(canonical)
      if (URL.canParse(one)) expect(new URL(canonical).href).toBe(new URL(one).href)
    }),
    runs(2000),
  )
})

test('C-22 A-10 two identifiers are the same only if a URL parser agrees', () => {
  fc.assert(
    fc.property(resource, resource, (a, b) => {
      expect(isSameResource(a, b)).toBe(isSameResource(b, a))
      expect(isSameResource(a, a)).toBe(true)
      if (isSameResource(a, b) && URL.canParse(a)) expect(new URL(a).href).toBe(new URL(b).href)
    }),
    runs(2000),
  )
})
