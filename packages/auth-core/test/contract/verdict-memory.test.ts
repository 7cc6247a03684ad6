import { afterEach, describe, expect, test, vi } from 'vitest'
import { AccessToken } from '../../src/contract/access-token.js'
import type { AuthProviderLike } from '../../src/contract/auth-provider-like.js'
import { keepVerdicts, verdictMemoryOf } from '../../src/contract/verdict-memory.js'
import { createBearerGate } from '../../src/gate/create-bearer-gate.js'
import { MultiAuth } from '../../src/providers/multi-auth.js'
import { RemoteAuthProvider } from '../../src/providers/remote-auth-provider.js'
import { IntrospectionTokenVerifier } from '../../src/token-verification/introspection-token-verifier.js'
import { JWTVerifier } from '../../src/token-verification/jwt-verifier.js'
import { StaticTokenVerifier } from '../../src/token-verification/static-token-verifier.js'
import { recalled } from '../harness/recalled.js'
import { issuer, newKey, resource, signToken } from '../harness/tokens.js'
import { verifierOf } from '../harness/verifiers.js'

const now = () => 1_800_000_000
const key = await newKey()
const token = await signToken(key, now())
const keys = { jwks: { keys: [key.publicJwk] }, now }
const jwtVerifier = () => new JWTVerifier({ issuer, ...keys })
const remote = (tokenVerifier: AuthProviderLike) => {
  const provider = new RemoteAuthProvider({
    baseUrl: new URL(resource).origin,
    authorizationServers: [issuer],
    tokenVerifier,
  })
  provider.setMcpPath(new URL(resource).pathname)
  return provider
}
const introspection = () =>
  new IntrospectionTokenVerifier({
    introspectionUrl: 'https://other.example/introspect',
    issuer: 'https://other.example',
    clientId: 'rs',
    clientSecret: 'secret',
    fetch: async () => Response.json({ active: false }),
    now,
  })

afterEach(() => vi.restoreAllMocks())

test.each<[string, () => AuthProviderLike]>([
  ['a verifier', () => remote(jwtVerifier())],
  ['several sources', () => new MultiAuth({ server: remote(jwtVerifier()) })],
  [
    'a source after others of ours',
    () =>
      new MultiAuth({
        server: remote(new StaticTokenVerifier({ tokens: {} })),
        verifiers: [
          new JWTVerifier({ issuer: 'https://other.example', ...keys }),
          introspection(),
          jwtVerifier(),
        ],
      }),
  ],
  [
    'a source before one of the application',
    () => new MultiAuth({ server: remote(jwtVerifier()), verifiers: verifierOf('x') }),
  ],
])('a token that is known passes without a promise where all code is ours: %s', async (_name, build) => {
  const gate = createBearerGate(build())
  const first = await gate.authenticate(`Bearer ${token}`)
  expect(first.accessToken?.token).toBe(token)
  expect(gate.authenticate(`Bearer ${token}`)).toEqual(first)
})

test('a verifier recalls a token that it has verified', async () => {
  const verifier = jwtVerifier()
  const verify = vi.spyOn(crypto.subtle, 'verify')
  const first = await verifier.verifyToken(token, { resource })
  const second = await verifier.verifyToken(token, { resource })
  expect(second).toEqual(first)
  expect(second).not.toBe(first)
  expect(verify).toHaveBeenCalledOnce()
})

describe('A-51 no verdict is recalled', () => {
  const known = new AccessToken({ token: 'known', clientId: 'c', scopes: [] })
  const remembering = () => {
    const provider = verifierOf('known')
    keepVerdicts(provider, provider.verifyToken, () => known)
    return provider
  }

  test('from a provider of another author', () => {
    expect(recalled(verifierOf('known'), 'known')).toBeUndefined()
    expect(verdictMemoryOf(verifierOf('known')).isOurs()).toBe(false)
  })

  test('from a provider whose method was replaced, until it is restored', () => {
    const provider = remembering()
    const { verifyToken } = provider
    expect(recalled(provider, 'known')).toBe(known)
    provider.verifyToken = vi.fn(async () => null)
    expect(recalled(provider, 'known')).toBeUndefined()
    expect(verdictMemoryOf(provider).isOurs()).toBe(false)
    provider.verifyToken = verifyToken
    expect(recalled(provider, 'known')).toBe(known)
  })

  test.each<[string, (provider: AuthProviderLike) => AuthProviderLike]>([
    ['a copy', (provider) => ({ ...provider })],
    ['an heir', (provider) => Object.create(provider) as AuthProviderLike],
    ['a proxy', (provider) => new Proxy(provider, {})],
  ])('of %s of a provider of ours', (_name, wrap) => {
    const wrapped = wrap(remembering())
    expect(recalled(wrapped, 'known')).toBeUndefined()
    expect(verdictMemoryOf(wrapped).isOurs()).toBe(false)
  })

  test('from a provider that asks, at any depth, one of another author', () => {
    const inner = remembering()
    const outer = new MultiAuth({ server: remote(new MultiAuth({ verifiers: remote(inner) })) })
    expect(recalled(outer, 'known')).toBe(known)
    expect(verdictMemoryOf(outer).isOurs()).toBe(true)
    inner.verifyToken = vi.fn(async () => null)
    expect(recalled(outer, 'known')).toBeUndefined()
    expect(verdictMemoryOf(outer).isOurs()).toBe(false)
  })
})
