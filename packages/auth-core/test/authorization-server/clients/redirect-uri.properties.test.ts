import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  isLoopbackRedirectUri,
  isSameRedirectUri,
} from '../../../src/authorization-server/clients/redirect-uri.js'
import { redirectUriProblem } from '../../../src/authorization-server/clients/redirect-uri-rules.js'
import { anyRedirectUri } from '../../harness/any-redirect-uri.js'
import { runs } from '../../harness/property-runs.js'
import { rulesForNamed, rulesForStrangers } from '../../harness/redirect-uri-rules.js'

/** Includes the rules of configured clients, which allow any private-use URI. */
const rules = { ...rulesForNamed, http: 'loopback' } as const
const accepted = anyRedirectUri.filter((uri) => redirectUriProblem(uri, rules) === undefined)

/** Reads scheme, authority and the rest as in RFC 3986 appendix B. No browser does. */
const generic = /^([^:/?#]+):(?:\/\/([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$/s

test('F-09 L-12 every parser reads the same destination in an accepted redirect URI', () => {
  fc.assert(
    fc.property(accepted, (uri) => {
      const url = new URL(uri)
      const [, scheme = '', authority = '', , , fragment] = generic.exec(uri) ?? []
      expect(url.protocol).toBe(`${scheme.toLowerCase()}:`)
      expect([url.username, url.password, url.hash, fragment]).toEqual(['', '', '', undefined])
      expect(authority).not.toContain('@')
      if (/^https?:$/.test(url.protocol)) {
        // A parser may spell the host differently, but it must be the same host.
        expect(new URL(`${scheme}://${authority}`).host).toBe(url.host)
        expect(url.host).not.toBe('')
      }
      expect(() => new Headers({ location: uri })).not.toThrow()
      expect(uri).toMatch(/^[\x21-\x7e]+$/)
    }),
    runs(3000),
  )
})

test('C-03 C-04 redirect URIs are compared symmetrically, and never equal one of another host', () => {
  fc.assert(
    fc.property(accepted, accepted, (a, b) => {
      expect(isSameRedirectUri(a, a)).toBe(true)
      expect(isSameRedirectUri(a, b)).toBe(isSameRedirectUri(b, a))
      if (!isSameRedirectUri(a, b)) return
      expect(new URL(a).hostname).toBe(new URL(b).hostname)
    }),
    runs(3000),
  )
})

test('C-03 C-04 a changed redirect URI equals the registered one only if its loopback port changed', () => {
  const loopback = fc
    .tuple(
      fc.constantFrom('localhost', '127.0.0.1', '[::1]'),
      fc.constantFrom('', ':1', ':80', ':65535'),
      fc.constantFrom('', '/', '/callback', '?a=b', '/a?b'),
    )
    .map(([host, port, rest]) => `http://${host}${port}${rest}`)
  const change = fc.tuple(
    fc.nat({ max: 30 }),
    fc.nat({ max: 3 }),
    fc.constantFrom('@evil.example', '\\', '.', '#', '/', ':7777', '%31', 'x', ''),
  )
  fc.assert(
    fc.property(loopback, change, (registered, [at, length, text]) => {
      const requested = registered.slice(0, at) + text + registered.slice(at + length)
      if (!isSameRedirectUri(registered, requested)) return
      const [a, b] = [new URL(registered), new URL(requested)]
      a.port = ''
      b.port = ''
      expect(b.href).toBe(a.href)
      expect(requested === registered || isLoopbackRedirectUri(requested)).toBe(true)
    }),
    runs(3000),
  )
})

test('F-09 every parser reads the scheme, host and path of the prefix in a URI below it', () => {
  const prefix = 'vscode://publisher.name/callback/'
  const rest = fc.oneof(
    fc.string({
      unit: fc.constantFrom('.', '/', '%2e', '%2f', '\\\\', '?', '#', '@', ':', ';', 'x'),
      maxLength: 8,
    }),
    anyRedirectUri,
  )
  let below = 0
  fc.assert(
    fc.property(rest, (text) => {
      const uri = `${prefix}${text}`
      if (redirectUriProblem(uri, rulesForStrangers([{ prefix }])) !== undefined) return
      const { href, host, pathname, search } = new URL(uri)
      expect([href, host, search]).toEqual([uri, 'publisher.name', ''])
      expect(pathname.startsWith('/callback/')).toBe(true)
      expect(decodeURIComponent(pathname)).toBe(pathname)
      expect(pathname.split('/')).not.toContain('..')
      below += 1
    }),
    runs(3000),
  )
  expect(below).toBeGreaterThan(20)
})
