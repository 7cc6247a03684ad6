import { beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { RemoteAuthProvider } from '../../../src/providers/remote-auth-provider.js'
import { IntrospectionTokenVerifier } from '../../../src/token-verification/introspection-token-verifier.js'
import type { ClaimsSchema } from '../../../src/token-verification/jwt/claims-schema.js'
import { JWTVerifier } from '../../../src/token-verification/jwt-verifier.js'
import { recorder } from '../../harness/events.js'
import { testClock } from '../../harness/test-clock.js'
import { goodClaims, issuer, newKey, resource, signToken, type TestKey } from '../../harness/tokens.js'

let key: TestKey
beforeAll(async () => {
  key = await newKey()
})

const clock = testClock()

/** Each verifier, with a token that has the claims of a test. */
const verifiers = {
  JWTVerifier: async <Claims extends object>(schema: ClaimsSchema<Claims>, claims: object) => {
    const events = recorder()
    const jwks = { keys: [key.publicJwk] }
    const verifier = new JWTVerifier({ issuer, jwks, claims: schema, now: clock, onEvent: events })
    return { events, verifier, token: await signToken(key, clock(), { claims: { ...claims } }) }
  },
  IntrospectionTokenVerifier: async <Claims extends object>(schema: ClaimsSchema<Claims>, claims: object) => {
    const events = recorder()
    const verifier = new IntrospectionTokenVerifier({
      introspectionUrl: 'https://login.example.com/introspect',
      clientId: 'rs',
      clientSecret: 'secret',
      cacheLifetime: 60,
      refusalLifetime: 0,
      claims: schema,
      fetch: async () => Response.json({ active: true, ...goodClaims(clock()), ...claims }),
      now: clock,
      onEvent: events,
    })
    return { events, verifier, token: 'opaque' }
  },
}

describe.each(Object.entries(verifiers))('%s', (_name, setUp) => {
  test('A-33 claims and extra.claims are the output of the schema, with defaults and transforms', async () => {
    const schema = z.object({
      tenant: z.string().transform((tenant) => tenant.toUpperCase()),
      plan: z.string().default('free'),
      since: z.number().transform((seconds) => new Date(seconds * 1000)),
    })
    const { verifier, token } = await setUp(schema, { tenant: 'acme', since: 1, other: true })
    const claims = { tenant: 'ACME', plan: 'free', since: new Date(1000) }
    const accessToken = await verifier.verifyToken(token, { resource })
    expect(accessToken?.claims).toEqual(claims)
    expect(accessToken?.extra).toEqual({ issuer: accessToken?.issuer, subject: 'alice', claims })
    // The token keeps the members that the schema left out of the claims.
    expect(accessToken).toMatchObject({
      clientId: 'client-1',
      subject: 'alice',
      scopes: ['notes:read', 'notes:write'],
      expiresAt: clock() + 3600,
    })
    expect(await verifier.verifyToken(token, { resource })).toEqual(accessToken)
  })

  test('A-07 claims that do not match make the token invalid, on every request', async () => {
    const schema = z.object({ tenant: z.string() })
    const { events, verifier, token } = await setUp(schema, { tenant: 7 })
    expect(await verifier.verifyToken(token, { resource })).toBeNull()
    expect(events.last()).toMatchObject({ type: 'token.rejected', reason: 'claims' })
    expect(await verifier.verifyToken(token, { resource })).toBeNull()
  })

  test('a schema may be async', async () => {
    const schema = z
      .object({ tenant: z.string() })
      .refine(async ({ tenant }) => Promise.resolve(tenant === 'acme'))
    const good = await setUp(schema, { tenant: 'acme' })
    expect((await good.verifier.verifyToken(good.token, { resource }))?.claims).toEqual({ tenant: 'acme' })
    const bad = await setUp(schema, { tenant: 'evil' })
    expect(await bad.verifier.verifyToken(bad.token, { resource })).toBeNull()
  })

  test('the schema is not called for a token that is invalid otherwise', async () => {
    let asked = 0
    const schema = z.looseObject({}).refine(() => {
      asked += 1
      return true
    })
    const { verifier, token } = await setUp(schema, { aud: 'https://other.example.com' })
    expect(await verifier.verifyToken(token, { resource })).toBeNull()
    expect(asked).toBe(0)
  })

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('the directory is down')
      },
    ],
    ['rejects', () => Promise.reject(new Error('the directory is down'))],
    ['outputs no object', () => ({ value: 'acme' })],
    ['outputs nothing', () => ({ value: null })],
    ['answers nothing', () => undefined],
  ])('A-17 a schema that %s is an outage, and does not make the token invalid', async (_case, validate) => {
    const schema = { '~standard': { version: 1, vendor: 'test', validate } } as ClaimsSchema
    const { events, verifier, token } = await setUp(schema, {})
    await expect(verifier.verifyToken(token, { resource })).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      status: 503,
    })
    expect(events.last()).toMatchObject({ type: 'source.unavailable', source: 'claims' })
  })

  test('a request cannot change the claims of the next, and instances of classes are not frozen', async () => {
    class Directory {
      entries = ['acme']
    }
    const directory = new Directory()
    const bytes = new Uint8Array([1])
    const schema = z.looseObject({}).transform(() => ({ list: [{ tenant: 'acme' }], directory, bytes }))
    const { verifier, token } = await setUp(schema, {})
    const claims = (await verifier.verifyToken(token, { resource }))?.claims
    expect(() => Object.assign(claims ?? {}, { list: [] })).toThrow(TypeError)
    expect(() => claims?.list.push({ tenant: 'evil' })).toThrow(TypeError)
    expect(() => Object.assign(claims?.list[0] ?? {}, { tenant: 'evil' })).toThrow(TypeError)
    expect((await verifier.verifyToken(token, { resource }))?.claims.list).toEqual([{ tenant: 'acme' }])
    directory.entries.push('beta')
    expect(claims?.directory.entries).toEqual(['acme', 'beta'])
  })

  test('RemoteAuthProvider keeps the type of the claims', async () => {
    const { verifier, token } = await setUp(z.object({ tenant: z.string() }), { tenant: 'acme' })
    const provider = new RemoteAuthProvider({
      baseUrl: 'https://api.example.com',
      authorizationServers: [issuer],
      tokenVerifier: verifier,
    })
    provider.setMcpPath('/mcp')
    expect((await provider.verifyToken(token))?.claims.tenant).toBe('acme')
    expect((await provider.verifyToken(token))?.claims.tenant).toBe('acme')
  })
})
