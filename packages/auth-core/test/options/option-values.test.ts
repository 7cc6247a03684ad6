import { expect, test } from 'vitest'
import { OAuthProvider } from '../../src/authorization-server/oauth-provider.js'
import type { OAuthProviderOptions } from '../../src/authorization-server/options.js'
import type { AccessToken } from '../../src/contract/access-token.js'
import { checkedVerdict } from '../../src/contract/checked-verdict.js'
import { createBearerGate } from '../../src/gate/create-bearer-gate.js'
import { memoryStore } from '../../src/store/memory-store.js'
import { IntrospectionTokenVerifier } from '../../src/token-verification/introspection-token-verifier.js'
import { JWTVerifier } from '../../src/token-verification/jwt-verifier.js'
import { fromJavaScript } from '../harness/from-javascript.js'

const issuer = 'https://login.example.com'
const introspection = { introspectionUrl: `${issuer}/introspect`, clientId: 'rs', clientSecret: 'secret' }
const server = {
  baseUrl: 'https://notes.example.com',
  store: memoryStore(),
  signIn: () => ({ subject: 'a' }),
}

type Make = (options: object) => unknown
const makeJwt: Make = (options) => new JWTVerifier(fromJavaScript({ issuer, ...options }))
const makeIntrospection: Make = (options) =>
  new IntrospectionTokenVerifier(fromJavaScript({ ...introspection, ...options }))
const makeServer: Make = (options) =>
  new OAuthProvider(fromJavaScript<OAuthProviderOptions>({ ...server, onEvent: false, ...options }))

test.each<[string, Make, string]>([
  ['clockTolerance', makeJwt, '30'],
  ['timeout', makeJwt, '5'],
  ['clockTolerance', makeIntrospection, '30'],
  ['cacheLifetime', makeIntrospection, '60'],
  ['refusalLifetime', makeIntrospection, '5'],
  ['revocationLag', makeServer, '10'],
  ['refreshGrace', makeServer, '30'],
])('"%s" of %o refuses seconds that are text', (option, make, text) => {
  expect(() => make({ [option]: text })).toThrow(new RegExp(`"${option}" must be`))
  expect(() => make({ [option]: Number(text) })).not.toThrow()
})

test.each<[string, Make]>([
  ['dangerouslyAcceptBoundTokensAsBearer', makeJwt],
  ['dangerouslyAllowInsecureUrls', makeJwt],
  ['dangerouslyAcceptBoundTokensAsBearer', makeIntrospection],
  ['dangerouslyAllowAnyAudience', makeIntrospection],
  ['allowMissingExp', makeIntrospection],
  ['dangerouslyAllowClientCredentialsForAnyone', makeServer],
])('"%s" refuses text, because "false" would turn it on', (option, make) => {
  for (const value of ['false', 'true', 0, 1]) {
    expect(() => make({ [option]: value })).toThrow(new RegExp(`"${option}" must be true or false`))
  }
  expect(() => make({ [option]: false })).not.toThrow()
})

test('sameOriginRedirects that is text is refused', () => {
  expect(() => makeServer({ clientIdMetadataDocuments: { sameOriginRedirects: 'yes' } })).toThrow(
    /"clientIdMetadataDocuments.sameOriginRedirects" must be true or false/,
  )
})

const verdict = { token: 't', clientId: 'client-1', scopes: ['notes:read'] }

test.each(['expires_at', 'expiresat', 'expiredAt'])(
  'a verdict with an expiry named %s is an error',
  (name) => {
    const answer = fromJavaScript<AccessToken>({ ...verdict, [name]: 1 })
    expect(() => checkedVerdict(answer)).toThrow(`"${name}" is not a member of an AccessToken`)
  },
)

test('a verdict that is a plain object may have other members, and no expiry', () => {
  const answer = fromJavaScript<AccessToken>({ ...verdict, tenant: 'acme' })
  expect(checkedVerdict(answer)).toBe(answer)
})

test('a verifier whose verdict has a misspelled expiry accepts no token', async () => {
  const verifier = new JWTVerifier({ issuer, onEvent: false })
  verifier.verifyToken = async () => fromJavaScript({ ...verdict, expires_at: 1 })
  const provider = Object.assign(verifier, { getResourceUrl: () => 'https://api.example.com/mcp' })
  const { refusal } = await createBearerGate(provider).authenticate('Bearer t')
  expect(refusal?.status).toBe(503)
})
