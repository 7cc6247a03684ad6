import { describe, expect, test } from 'vitest'
import type { AuthProviderLike } from '../../src/contract/auth-provider-like.js'
import { createBearerGate } from '../../src/gate/create-bearer-gate.js'
import { MultiAuth } from '../../src/providers/multi-auth.js'
import { IntrospectionTokenVerifier } from '../../src/token-verification/introspection-token-verifier.js'
import type { ClaimSource } from '../../src/token-verification/jwt/claim-mapping.js'
import type { ClaimsSchema } from '../../src/token-verification/jwt/claims-schema.js'
import { JWTVerifier } from '../../src/token-verification/jwt-verifier.js'
import { goodClaims, issuer, newKey, resource, signToken } from '../harness/tokens.js'

const now = () => 1_800_000_000
const key = await newKey()
const token = await signToken(key, now())

/** The verdict of the application on the token. It changes between two requests. */
let isWelcome = true
const schema: ClaimsSchema = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      isWelcome ? { value: value as Record<string, unknown> } : { issues: [{ message: 'not welcome' }] },
  },
}
const scopes: ClaimSource<string> = () => (isWelcome ? 'notes:read' : '')
const client: ClaimSource<string> = () => (isWelcome ? 'client-1' : 'client-2')
const issuerOf = () => (isWelcome ? issuer : undefined)

let questions = 0
const introspection = {
  introspectionUrl: `${issuer}/introspect`,
  clientId: 'rs',
  clientSecret: 'secret',
  requiredScopes: ['notes:read'],
  cacheLifetime: 60,
  fetch: async () => {
    questions += 1
    return Response.json({ active: true, ...goodClaims(now()) })
  },
  now,
  onEvent: false,
} as const
const local = {
  jwks: { keys: [key.publicJwk] },
  requiredScopes: ['notes:read'],
  now,
  onEvent: false as const,
}

const refusing: [name: string, build: () => AuthProviderLike, refusal: number][] = [
  ['claims of JWTVerifier', () => new JWTVerifier({ ...local, issuer, claims: schema }), 401],
  ['issuer of JWTVerifier', () => new JWTVerifier({ ...local, issuer: issuerOf }), 401],
  ['scopes of JWTVerifier', () => new JWTVerifier({ ...local, issuer, scopes }), 403],
  [
    'claims of IntrospectionTokenVerifier',
    () => new IntrospectionTokenVerifier({ ...introspection, claims: schema }),
    401,
  ],
  [
    'scopes of IntrospectionTokenVerifier',
    () => new IntrospectionTokenVerifier({ ...introspection, scopes }),
    403,
  ],
  [
    'claims of a source of MultiAuth',
    () => new MultiAuth({ verifiers: new JWTVerifier({ ...local, issuer, claims: schema }), onEvent: false }),
    401,
  ],
]

function gateOf(provider: AuthProviderLike) {
  const gate = createBearerGate(Object.assign(provider, { getResourceUrl: () => resource }))
  return async () => {
    const { accessToken, refusal } = await gate.authenticate(`Bearer ${token}`)
    return refusal?.status ?? accessToken?.clientId
  }
}

describe('A-33 the verdict of the application counts on every request:', () => {
  test.each(refusing)('%s', async (_option, build, refusal) => {
    const call = gateOf(build())
    isWelcome = true
    expect([await call(), await call()]).toEqual(['client-1', 'client-1'])
    isWelcome = false
    expect(await call()).toBe(refusal)
    isWelcome = true
    expect(await call()).toBe('client-1')
  })

  test.each<[string, () => AuthProviderLike]>([
    ['clientId of JWTVerifier', () => new JWTVerifier({ ...local, issuer, clientId: client })],
    [
      'tokenClientId of IntrospectionTokenVerifier',
      () => new IntrospectionTokenVerifier({ ...introspection, tokenClientId: client }),
    ],
  ])('%s', async (_option, build) => {
    const call = gateOf(build())
    isWelcome = true
    expect([await call(), await call()]).toEqual(['client-1', 'client-1'])
    isWelcome = false
    expect(await call()).toBe('client-2')
  })
})

test('a schema that runs on every request causes no new introspection within cacheLifetime', async () => {
  const call = gateOf(new IntrospectionTokenVerifier({ ...introspection, claims: schema }))
  isWelcome = true
  questions = 0
  expect([await call(), await call(), await call()]).toEqual(['client-1', 'client-1', 'client-1'])
  expect(questions).toBe(1)
})

test('removing a key clears the cached tokens that it signed', async () => {
  let keys = [key.publicJwk]
  let time = now()
  const fetch = async () => Response.json({ keys })
  const options = { issuer, jwksUri: `${issuer}/jwks`, fetch, claims: schema, onEvent: false } as const
  const call = gateOf(new JWTVerifier({ ...options, now: () => time }))
  isWelcome = true
  expect(await call()).toBe('client-1')
  keys = [(await newKey()).publicJwk]
  time += 3000
  expect(await call()).toBe(401)
})
