import fc from 'fast-check'
import { expect, test } from 'vitest'
import { authorizationResponse } from '../../../src/authorization-server/authorization/authorization-response.js'
import { redirectUriProblem } from '../../../src/authorization-server/clients/redirect-uri-rules.js'
import { anyRedirectUri } from '../../harness/any-redirect-uri.js'
import { runs } from '../../harness/property-runs.js'
import { rulesForNamed } from '../../harness/redirect-uri-rules.js'

const get = { server: { issuer: 'https://as.example/tenant' }, http: { method: 'GET' } }
const accepted = anyRedirectUri.filter((uri) => redirectUriProblem(uri, rulesForNamed) === undefined)

test('C-13 C-14 C-15 an authorization response keeps the query of every registered redirect URI', () => {
  fc.assert(
    fc.property(accepted, fc.string({ unit: 'binary' }), (redirectUri, state) => {
      const target = { redirectUri, state }
      const location = authorizationResponse(get, target, { code: 'the-code' }).headers['location'] as string
      expect(location.startsWith(redirectUri)).toBe(true)
      const answer = new URL(location)
      const registered = new URL(redirectUri)
      expect([answer.protocol, answer.host, answer.pathname]).toEqual([
        registered.protocol,
        registered.host,
        registered.pathname,
      ])
      const added = [...answer.searchParams].slice([...registered.searchParams].length)
      expect(added).toEqual([
        ['code', 'the-code'],
        ['state', state],
        ['iss', get.server.issuer],
      ])
    }),
    runs(2000),
  )
})
