import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mayRedirectWithoutConsent } from '../../../src/authorization-server/authorization/open-redirect.js'
import { redirectUriProblem } from '../../../src/authorization-server/clients/redirect-uri-rules.js'
import { anyRedirectUri } from '../../harness/any-redirect-uri.js'
import { runs } from '../../harness/property-runs.js'
import { rulesForNamed } from '../../harness/redirect-uri-rules.js'

const unapproved = ['registration', 'document'] as const

test.each([
  'https://client.example/cb',
  'https://client.example:8443/cb',
  'HTTPS://CLIENT.EXAMPLE/cb',
  'http://intranet/cb',
  'https://localhost.evil.example/cb',
  'https://127.0.0.1.evil.example/cb',
  'https://evil.example/?http://localhost/cb',
  'https://127.evil.example/cb',
  'https://[2001:db8::1]/cb',
  'https://[::ffff:127.0.0.1]/cb',
  'https://0.0.0.0/cb',
  'http://192.168.1.7/cb',
])('C-41 the website %s gets a redirect without consent only for a configured client', (uri) => {
  for (const origin of unapproved) expect(mayRedirectWithoutConsent(origin, uri)).toBe(false)
  expect(mayRedirectWithoutConsent('configuration', uri)).toBe(true)
})

test.each([
  'http://127.0.0.1:7777/cb',
  'http://localhost/cb',
  'http://[::1]:1/cb',
  'https://localhost:8443/cb',
])('C-41 the program at %s gets a redirect without consent for every client', (uri) => {
  for (const origin of [...unapproved, 'configuration'] as const)
    expect(mayRedirectWithoutConsent(origin, uri)).toBe(true)
})

test.each([
  'cursor://anysphere.cursor-mcp/oauth/callback',
  'com.example.app:/cb',
  'vscode:extension/publisher.name',
  'cursor://localhost/cb',
  'cursor://127.0.0.1/cb',
])('C-41 the private-use URI %s gets a redirect without consent only for a configured client', (uri) => {
  for (const origin of unapproved) expect(mayRedirectWithoutConsent(origin, uri)).toBe(false)
  expect(mayRedirectWithoutConsent('configuration', uri)).toBe(true)
})

test('C-41 a registered redirect URI gets a redirect without consent only on loopback', () => {
  const accepted = anyRedirectUri.filter((uri) => redirectUriProblem(uri, rulesForNamed) === undefined)
  fc.assert(
    fc.property(accepted, (uri) => {
      const { protocol, hostname } = new URL(uri)
      const isWeb = ['https:', 'http:'].includes(protocol)
      const isLoopback = ['localhost', '[::1]'].includes(hostname) || /^127(\.\d+){3}$/.test(hostname)
      expect(mayRedirectWithoutConsent('registration', uri)).toBe(isWeb && isLoopback)
    }),
    runs(1000),
  )
})
