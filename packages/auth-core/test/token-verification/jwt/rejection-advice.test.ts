import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { AuthEvent } from '../../../src/events/auth-event.js'
import type { IntrospectionTokenVerifierOptions } from '../../../src/token-verification/introspection-options.js'
import { IntrospectionTokenVerifier } from '../../../src/token-verification/introspection-token-verifier.js'
import { JWTVerifier } from '../../../src/token-verification/jwt-verifier.js'
import type { JWTVerifierOptions } from '../../../src/token-verification/jwt-verifier-options.js'
import { recorder } from '../../harness/events.js'
import { runs } from '../../harness/property-runs.js'
import { testClock } from '../../harness/test-clock.js'
import { issuer, newKey, rawToken, resource, signToken, type TestKey } from '../../harness/tokens.js'

let key: TestKey

beforeAll(async () => {
  key = await newKey()
})

type Claims = Readonly<Record<string, unknown>>

function verifierOf(options: object) {
  const now = testClock()
  const listen = recorder()
  const all = { issuer, jwks: { keys: [key.publicJwk] }, now, onEvent: listen, ...options }
  return { now, listen, verifier: new JWTVerifier(all as JWTVerifierOptions) }
}

/** The event of a refused JWT. */
async function eventOf(options: object, claims: Claims, header: Claims = {}): Promise<AuthEvent | undefined> {
  const { now, listen, verifier } = verifierOf(options)
  const token = await signToken(key, now(), { claims, header })
  expect(await verifier.verifyToken(token, { resource })).toBeNull()
  return listen.last()
}

const jwt = { typ: 'JWT' }
const anyJwt = { typ: 'any-jwt' }
const v2 = 'https://login.microsoftonline.com/{tenantid}/v2.0'
const tid = '6c1e0b7a-2d3f-4a5b-8c9d-0e1f2a3b4c5d'
const otherTenant = 'deadbeef-2d3f-4a5b-8c9d-0e1f2a3b4c5d'
const entra = {
  issuer: v2,
  tenants: [tid],
  jwks: undefined,
  jwksUri: 'https://login.microsoftonline.com/keys',
}

describe('O-05 token.rejected names what was expected, and the fix', () => {
  test.each<[string, object, Claims, Claims, string, object, RegExp]>([
    ['an access token without a media type', {}, {}, jwt, 'type', { typ: 'at+jwt' }, /Set typ: 'any-jwt'\.$/],
    [
      'an access token of Okta’s org server',
      {},
      {},
      { typ: 'application/okta-internal-at+jwt' },
      'type',
      { typ: 'at+jwt' },
      /'any-jwt'/,
    ],
    [
      'an ID token',
      {},
      { nonce: 'n' },
      jwt,
      'type',
      { typ: 'at+jwt' },
      /^The token is an ID token, or nothing/,
    ],
    ['a logout token', {}, {}, { typ: 'logout+jwt' }, 'type', { typ: 'at+jwt' }, /not an access token/],
    ['a refresh token', anyJwt, { typ: 'Refresh' }, jwt, 'type', anyJwt, /not an access token/],
    [
      'an ID token by its nonce',
      anyJwt,
      { nonce: 'n' },
      jwt,
      'id_token',
      {},
      /Have the client send its access token/,
    ],
    ['another audience', {}, { aud: 'x' }, {}, 'audience', { audience: resource }, /or set "audience"\.$/],
    [
      'a slash too many',
      {},
      { aud: `${resource}/` },
      {},
      'audience',
      { audience: resource },
      /only in the trailing slash/,
    ],
    ['no audience', {}, { aud: undefined }, {}, 'audience', { audience: resource }, /or set "recipient"/],
    [
      'one of several audiences',
      { audience: ['a', 'b'] },
      { aud: 'c' },
      {},
      'audience',
      { audience: ['a', 'b'] },
      /"audience"/,
    ],
    [
      'another client',
      { recipient: { claim: 'client_id', values: ['app'] } },
      { client_id: 'other', aud: undefined },
      {},
      'recipient',
      { client_id: 'app' },
      /"recipient\.values"/,
    ],
    [
      'another server beside the client',
      { recipient: { claim: 'client_id', values: ['app'] } },
      { client_id: 'app', aud: 'x' },
      {},
      'audience',
      { audience: resource },
      /"recipient\.ignoredAudiences"/,
    ],
    [
      'an issuer with a slash',
      {},
      { iss: `${issuer}/` },
      {},
      'issuer',
      { issuer },
      /only in the trailing slash/,
    ],
    [
      'version 1.0 of Entra ID',
      entra,
      { iss: `https://sts.windows.net/${tid}/`, tid },
      {},
      'issuer',
      { issuer: v2 },
      /requestedAccessTokenVersion/,
    ],
    [
      'a tenant that is not named',
      entra,
      { iss: v2.replace('{tenantid}', otherTenant), tid: otherTenant },
      {},
      'issuer',
      { issuer: v2 },
      /not one of "tenants"/,
    ],
    ['a shared secret', {}, {}, { alg: 'HS256' }, 'algorithm', {}, /or set "secret"/],
    [
      'a bound token',
      {},
      { cnf: { jkt: 'x' } },
      {},
      'bound_to_key',
      {},
      /"dangerouslyAcceptBoundTokensAsBearer"/,
    ],
    ['scopes that are no text', {}, { scope: 7 }, {}, 'scope', {}, /Set "scopes"/],
    [
      'a missing claim',
      { profile: 'rfc9068' },
      { jti: undefined },
      {},
      'missing_claim',
      { claims: ['sub', 'client_id', 'iat', 'jti'] },
      /remove "profile"/,
    ],
  ])(
    'the event of %s has the reason, what was expected and a hint',
    async (_name, options, claims, header, reason, expected, hint) => {
      const { now, listen, verifier } = verifierOf(options)
      const signed = await signToken(key, now(), { claims })
      const [, payload = ''] = signed.split('.')
      const token =
        header['alg'] === undefined
          ? await signToken(key, now(), { claims, header })
          : rawToken({ typ: 'at+jwt', ...header }, JSON.parse(atob(payload)), 'c2ln')
      expect(await verifier.verifyToken(token, { resource })).toBeNull()
      const event = listen.last()
      expect(event).toMatchObject({ type: 'token.rejected', reason, hint: expect.stringMatching(hint) })
      if (reason !== 'algorithm') expect((event as { expected?: object }).expected ?? {}).toEqual(expected)
    },
  )

  test.each([
    ['opaque', 'opaque-token', /IntrospectionTokenVerifier/],
    ['encrypted', 'eyJhbGciOiJkaXIifQ.a.b.c.d', /encrypted \(JWE\)/],
  ])('the event of a token that is %s has a hint', async (_name, token, hint) => {
    const { listen, verifier } = verifierOf({})
    expect(await verifier.verifyToken(token, { resource })).toBeNull()
    expect(listen.last()).toMatchObject({ reason: 'not_a_jwt', hint: expect.stringMatching(hint) })
  })

  test.each<[string, object, Claims, Claims]>([
    ['another issuer', {}, { iss: 'https://other.example' }, {}],
    ['another issuer, without a media type', {}, { iss: 'https://other.example' }, jwt],
    ['the past', {}, { exp: 1 }, {}],
  ])(
    'the event of a token of %s has no hint, because another source may accept it',
    async (_name, options, claims, header) => {
      expect(await eventOf(options, claims, header)).not.toHaveProperty('hint')
    },
  )

  test('the event of an issuer function does not say what was expected', async () => {
    const options = { issuer: () => 'https://other.example' }
    expect(await eventOf(options, {})).toEqual({ type: 'token.rejected', reason: 'issuer' })
  })

  test('the event of a verifier without an audience has a hint', async () => {
    const { now, listen, verifier } = verifierOf({})
    expect(await verifier.verifyToken(await signToken(key, now()))).toBeNull()
    expect(listen.last()).toEqual({
      type: 'token.rejected',
      reason: 'audience',
      issuer,
      hint: expect.stringMatching(/^No audience is configured/),
    })
  })
})

describe('O-05 IntrospectionTokenVerifier', () => {
  const introspectionUrl = 'https://login.example.com/introspect'

  async function introspected(options: object, claims: Claims): Promise<AuthEvent | undefined> {
    const now = testClock()
    const listen = recorder()
    const answer = { active: true, aud: resource, exp: now() + 60, ...claims }
    const verifier = new IntrospectionTokenVerifier({
      ...{ introspectionUrl, clientId: 'api', clientSecret: 's', now, onEvent: listen },
      ...{ fetch: async () => Response.json(answer), ...options },
    } as IntrospectionTokenVerifierOptions)
    for (let time = 0; time < 2; time += 1)
      expect(await verifier.verifyToken('token', { resource })).toBeNull()
    // A cached refusal has the same event.
    expect(listen.events[1]).toEqual(listen.events[0])
    return listen.last()
  }

  test.each<[string, object, Claims, object]>([
    [
      'no iss',
      { issuer },
      {},
      { reason: 'issuer', expected: { issuer }, hint: expect.stringContaining('"issuer"') },
    ],
    [
      'no exp',
      {},
      { exp: undefined },
      { reason: 'expired', hint: expect.stringContaining('"allowMissingExp"') },
    ],
    [
      'no aud',
      {},
      { aud: undefined },
      { reason: 'audience', expected: { audience: resource }, hint: expect.stringContaining('"recipient"') },
    ],
    [
      'an ID token',
      {},
      { token_use: 'id' },
      { reason: 'id_token', hint: expect.stringContaining('access token') },
    ],
    ['a bound token', {}, { cnf: {} }, { reason: 'bound_to_key', hint: expect.any(String) }],
  ])('the event of an introspection response with %s has a hint', async (_name, options, claims, event) => {
    expect(await introspected(options, claims)).toMatchObject(event)
  })

  test('the event of a JWT whose issuer differs in a slash has a hint', async () => {
    const now = testClock()
    const listen = recorder()
    const verifier = new IntrospectionTokenVerifier({
      ...{ introspectionUrl, clientId: 'api', clientSecret: 's', issuer, now, onEvent: listen },
    })
    const token = await signToken(key, now(), { claims: { iss: `${issuer}/` } })
    expect(await verifier.verifyToken(token, { resource })).toBeNull()
    expect(listen.last()).toMatchObject({ expected: { issuer }, hint: expect.stringContaining('slash') })
  })
})

test('O-05 O-06 no event of a refused token contains any of the token', async () => {
  const marked = fc.constantFrom('MARK', 'MARK/', ['MARK'], { MARK: 'MARK' }, 'https://sts.windows.net/MARK/')
  const names = [
    'iss',
    'aud',
    'sub',
    'client_id',
    'azp',
    'scope',
    'typ',
    'token_use',
    'nonce',
    'tid',
    'cnf',
    'exp',
  ]
  const claims = fc.dictionary(fc.constantFrom(...names), marked, { minKeys: 1 })
  const header = fc.record({ typ: fc.constantFrom('MARK', 'JWT', 'at+jwt'), kid: fc.constant('MARK') })
  const options = fc.constantFrom<object>(
    {},
    anyJwt,
    { profile: 'rfc9068' },
    { recipient: { claim: 'azp', values: ['app'] } },
    { issuer: v2, tenants: [tid] },
  )
  await fc.assert(
    fc.asyncProperty(options, claims, header, async (given, said, head) => {
      const { now, listen, verifier } = verifierOf(given)
      await verifier.verifyToken(await signToken(key, now(), { claims: said, header: head }), { resource })
      expect(JSON.stringify(listen.events)).not.toContain('MARK')
    }),
    runs(300),
  )
})
