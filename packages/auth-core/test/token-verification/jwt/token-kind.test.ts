import { beforeAll, expect, test } from 'vitest'
import { JWTVerifier } from '../../../src/token-verification/jwt-verifier.js'
import { recorder } from '../../harness/events.js'
import { testClock } from '../../harness/test-clock.js'
import { issuer, newKey, signToken, type TestKey } from '../../harness/tokens.js'
import { type VendorToken, vendorTokens } from '../../harness/vendor-tokens.js'

let key: TestKey

beforeAll(async () => {
  key = await newKey()
})

/** The claims of a token that every vendor writes. */
const bare = { client_id: undefined, scope: undefined, jti: undefined, aud: undefined }

/** The verdict of a verifier for the vendor: `accepted`, or the reason. */
async function judge({ typ, claims, audience }: VendorToken, accepted: 'any-jwt' | 'at+jwt' = 'any-jwt') {
  const now = testClock()
  const listen = recorder()
  const jwks = { keys: [key.publicJwk] }
  const verifier = new JWTVerifier({ issuer, jwks, audience, typ: accepted, now, onEvent: listen })
  const token = await signToken(key, now(), { header: { typ }, claims: { ...bare, ...claims } })
  const accessToken = await verifier.verifyToken(token)
  const event = listen.last()
  return accessToken === null ? event?.type === 'token.rejected' && event.reason : 'accepted'
}

const named = vendorTokens.map(
  (token) => [`${token.vendor} ${token.kind} ${token.what}`.trim(), token] as const,
)
const reasons = { 'ID token': 'id_token', 'refresh token': 'type', 'logout token': 'type' }

test.each(named.filter(([, { kind }]) => kind === 'access token'))(
  'A-21 A-27 any-jwt accepts: %s',
  async (_name, token) => {
    expect(await judge(token)).toBe('accepted')
  },
)

test.each(named.filter(([, { kind }]) => kind !== 'access token'))(
  'A-27 any-jwt refuses: %s',
  async (_name, token) => {
    expect(await judge(token)).toBe(token.kind === 'access token' || reasons[token.kind])
  },
)

test.each(named)('A-21 at+jwt decides by the header only: %s', async (_name, token) => {
  expect(await judge(token, 'at+jwt')).toBe(token.typ === 'at+jwt' ? 'accepted' : 'type')
})

test('A-27 a verifier refuses an ID token of the application that access tokens are for', async () => {
  const app = { vendor: '', what: '', kind: 'ID token', audience: 'APP', source: '' } as const
  expect(await judge({ ...app, claims: { aud: 'APP', azp: 'APP', scp: 'notes.read', ver: '2.0' } })).toBe(
    'accepted',
  )
  expect(await judge({ ...app, claims: { aud: 'mcp', azp: 'mcp', typ: 'Bearer' }, audience: 'mcp' })).toBe(
    'accepted',
  )
  for (const claims of [{ aud: 'APP' }, { aud: ['APP'], azp: 'APP' }, { aud: 'APP', azp: 'APP', ver: '2.0' }])
    expect(await judge({ ...app, claims })).toBe('id_token')
})

const urn = 'urn:ietf:params:oauth:token-type:'

test.each<[string, object, string]>([
  ['the type "refresh"', { type: 'refresh' }, 'type'],
  ['the type "id"', { type: 'id' }, 'id_token'],
  ['a list of kinds', { token_use: ['id'] }, 'id_token'],
  ['a list of several kinds', { token_use: ['access', 'refresh'] }, 'type'],
  ['the URN of an ID token', { token_type: `${urn}id_token` }, 'id_token'],
  ['the URN of a refresh token', { token_type: `${urn}refresh_token` }, 'type'],
  ['the URN in capitals', { token_type: `${urn}refresh_token`.toUpperCase() }, 'type'],
])('A-27 any-jwt refuses a token with scopes that names %s', async (_name, kind, reason) => {
  const token = { vendor: '', what: '', kind: 'ID token', audience: 'APP', source: '' } as const
  const claims = { aud: 'APP', scope: 'notes.read' }
  expect(await judge({ ...token, claims })).toBe('accepted')
  expect(await judge({ ...token, claims: { ...claims, ...kind } })).toBe(reason)
})

test.each<[string, object]>([
  ['the type "access"', { type: 'access' }],
  ['a list', { token_use: ['access'] }],
  ['the URN of an access token', { token_type: `${urn}access_token` }],
])('A-27 any-jwt accepts a token that names an access token by %s', async (_name, kind) => {
  const token = { vendor: '', what: '', kind: 'access token', audience: 'APP', source: '' } as const
  expect(await judge({ ...token, claims: { aud: 'APP', ...kind } })).toBe('accepted')
})

test.each<[string, object]>([
  ['the type of an object', { type: 'user' }],
  ['the URN of any JWT', { token_type: `${urn}jwt` }],
  ['a list of nothing that is text', { token_use: [7, null, ['id']] }],
])('A-27 any-jwt does not infer the kind from %s', async (_name, claims) => {
  const token = { vendor: '', what: '', kind: 'access token', audience: 'APP', source: '' } as const
  expect(await judge({ ...token, claims: { aud: 'APP', ...claims } })).toBe('id_token')
  expect(await judge({ ...token, claims: { aud: 'APP', scope: 'notes.read', ...claims } })).toBe('accepted')
})

test.each(['groups', 'roles', 'openid profile groups roles'])(
  'A-27 any-jwt refuses an ID token with the scopes "%s" of its user',
  async (scope) => {
    const token = { vendor: '', what: '', kind: 'ID token', audience: 'APP', source: '' } as const
    expect(await judge({ ...token, claims: { aud: 'APP', scope } })).toBe('id_token')
    expect(await judge({ ...token, claims: { aud: 'APP', scp: scope.split(' ') } })).toBe('id_token')
    expect(await judge({ ...token, claims: { aud: 'APP', scope: `${scope} notes.read` } })).toBe('accepted')
  },
)
