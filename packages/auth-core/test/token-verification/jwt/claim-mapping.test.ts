import { beforeAll, describe, expect, test, vi } from 'vitest'
import type { AuthEvent } from '../../../src/events/auth-event.js'
import type { IntrospectionTokenVerifierOptions } from '../../../src/token-verification/introspection-options.js'
import { IntrospectionTokenVerifier } from '../../../src/token-verification/introspection-token-verifier.js'
import { JWTVerifier } from '../../../src/token-verification/jwt-verifier.js'
import type { JWTVerifierOptions } from '../../../src/token-verification/jwt-verifier-options.js'
import { recorder } from '../../harness/events.js'
import { unhandledRejections } from '../../harness/promises.js'
import { testClock } from '../../harness/test-clock.js'
import { issuer, newKey, resource, signToken, type TestKey } from '../../harness/tokens.js'

let key: TestKey

beforeAll(async () => {
  key = await newKey()
})

interface Read {
  readonly scopes?: readonly string[]
  readonly clientId?: string
  readonly reason?: string
  readonly events: readonly AuthEvent[]
}

type Reader = (mapping: { scopes?: unknown; clientId?: unknown }, claims: object) => Promise<Read>

async function read(
  listen: ReturnType<typeof recorder>,
  verified: ReturnType<JWTVerifier['verifyToken']>,
): Promise<Read> {
  const accessToken = await verified
  const { events } = listen
  const event = listen.last()
  if (accessToken !== null) return { scopes: accessToken.scopes, clientId: accessToken.clientId, events }
  return event?.type === 'token.rejected' ? { reason: event.reason, events } : { events }
}

const fromJwt: Reader = async (mapping, claims) => {
  const now = testClock()
  const listen = recorder()
  const options = { issuer, jwks: { keys: [key.publicJwk] }, now, onEvent: listen, ...mapping }
  const verifier = new JWTVerifier(options as JWTVerifierOptions)
  const bare = { scope: undefined, client_id: undefined }
  return read(
    listen,
    verifier.verifyToken(await signToken(key, now(), { claims: { ...bare, ...claims } }), { resource }),
  )
}

const fromIntrospection: Reader = async ({ scopes, clientId }, claims) => {
  const now = testClock()
  const listen = recorder()
  const answer = { active: true, sub: 'alice', aud: resource, exp: now() + 60, ...claims }
  const verifier = new IntrospectionTokenVerifier({
    ...{ introspectionUrl: 'https://login.example.com/introspect', clientId: 'api', clientSecret: 's' },
    ...{ fetch: async () => Response.json(answer), now, onEvent: listen, scopes, tokenClientId: clientId },
  } as IntrospectionTokenVerifierOptions)
  return read(listen, verifier.verifyToken('token', { resource }))
}

describe.each<[string, Reader]>([
  ['JWTVerifier', fromJwt],
  ['IntrospectionTokenVerifier', fromIntrospection],
])('A-33 %s', (_verifier, from) => {
  const roles = (claims: { realm_access?: { roles?: string[] } }) => claims.realm_access?.roles

  test.each<[string, unknown, object, string[]]>([
    ['a claim with a list', 'permissions', { permissions: ['read', 'write'] }, ['read', 'write']],
    ['a claim with text', 'scp', { scp: 'read write', scope: 'other' }, ['read', 'write']],
    [
      'several claims, each once',
      ['scope', 'permissions'],
      { scope: 'a b', permissions: ['b', 'c d'] },
      ['a', 'b', 'c d'],
    ],
    ['a claim that is missing', 'permissions', { scope: 'admin' }, []],
    [
      'a claim whose name is a URL',
      'https://example.com/roles',
      { 'https://example.com/roles': ['a'] },
      ['a'],
    ],
    ['a claim that is null', 'permissions', { permissions: null }, []],
    ['a function that returns a list', roles, { realm_access: { roles: ['a'] } }, ['a']],
    ['a function that returns text', () => 'a b', {}, ['a', 'b']],
    ['a function that returns nothing', roles, { scope: 'admin' }, []],
  ])('reads scopes from %s', async (_name, scopes, claims, expected) => {
    expect(await from({ scopes }, claims)).toMatchObject({ scopes: expected, events: [] })
  })

  test.each([
    ['a number', 7],
    ['a list with a number', ['read', 7]],
    ['an object', { read: true }],
    ['true', true],
  ])('refuses a token whose mapped scopes are %s', async (_name, permissions) => {
    expect(await from({ scopes: ['scope', 'permissions'] }, { permissions })).toMatchObject({
      reason: 'scope',
    })
  })

  test('does not read inherited members as claims', async () => {
    const names = ['constructor', '__proto__', 'toString']
    expect(await from({ scopes: names, clientId: names }, {})).toMatchObject({
      scopes: [],
      clientId: 'unknown',
    })
  })

  test.each<[string, unknown, object, string]>([
    ['a claim', 'cid', { cid: 'app', client_id: 'other' }, 'app'],
    ['the first of several claims that is there', ['cid', 'appid'], { appid: 'app' }, 'app'],
    ['the first of several claims that is text', ['cid', 'appid'], { cid: 7, appid: 'app' }, 'app'],
    ['a claim that is missing', 'cid', { client_id: 'other', sub: 'cid' }, 'unknown'],
    ['a function', (claims: { ext?: { app?: string } }) => claims.ext?.app, { ext: { app: 'app' } }, 'app'],
    ['a function that returns nothing', () => undefined, { client_id: 'other' }, 'unknown'],
    ['a function that returns no text', () => '', {}, 'unknown'],
    ['nothing else than the default', undefined, { client_id: 'app', cid: 'other' }, 'app'],
  ])('reads the client from %s', async (_name, clientId, claims, expected) => {
    expect(await from({ clientId }, claims)).toMatchObject({ clientId: expected, events: [] })
  })

  const wrong: [string, () => unknown][] = [
    [
      'throws',
      () => {
        throw new Error('no database')
      },
    ],
    ['returns a number', () => 7],
    ['returns true', () => true],
    ['returns an object', () => ({})],
    ['is async', async () => ['admin']],
    [
      'is async and fails',
      async () => {
        throw new Error('no database')
      },
    ],
  ]
  test.each(wrong)('A-17 is unavailable if a mapping function %s', async (_name, mapping) => {
    const unhandled = await unhandledRejections(async () => {
      for (const option of ['scopes', 'clientId'])
        await expect(from({ [option]: mapping }, { client_id: 'app', scope: 'admin' })).rejects.toMatchObject(
          {
            status: 503,
            reason: 'claims_unavailable',
            cause: expect.any(Error),
          },
        )
    })
    expect(unhandled).toEqual([])
  })

  test.each([
    ['scopes', { scopes: 7 }],
    ['scopes', { scopes: [] }],
    ['scopes', { scopes: '' }],
    ['scopes', { scopes: [''] }],
    ['clientId', { clientId: [] }],
    ['clientId', { clientId: {} }],
  ])('names "%s" in %o', async (option, mapping) => {
    await expect(from(mapping, {})).rejects.toThrow(
      `"${option === 'clientId' && from === fromIntrospection ? 'tokenClientId' : option}"`,
    )
  })
})

test('O-05 the event of a mapping function that fails names the option', async () => {
  const now = testClock()
  const listen = recorder()
  const cause = new Error('no database')
  for (const [option, source] of [
    ['scopes', 'scopes'],
    ['clientId', 'client_id'],
  ] as const) {
    const mapping = {
      [option]: () => {
        throw cause
      },
    }
    const verifier = new JWTVerifier({
      issuer,
      jwks: { keys: [key.publicJwk] },
      now,
      onEvent: listen,
      ...mapping,
    })
    await verifier.verifyToken(await signToken(key, now()), { resource }).catch(() => {})
    expect(listen.last()).toEqual({ type: 'source.unavailable', source, cause })
  }
})

test('A-07 a mapping function is not called for a token with an invalid signature', async () => {
  const scopes = vi.fn(() => 'admin')
  const now = testClock()
  const verifier = new JWTVerifier({ issuer, jwks: { keys: [key.publicJwk] }, now, scopes })
  const forged = await signToken(await newKey('ES256', key.kid), now())
  expect(await verifier.verifyToken(forged, { resource })).toBeNull()
  expect(scopes).not.toHaveBeenCalled()
})
