import { inspect } from 'node:util'
import {
  type AccessToken,
  type AuthEvent,
  accessTokenOf,
  type Caller,
  IntrospectionTokenVerifier,
  isSameCaller,
  JWTVerifier,
  MultiAuth,
  RemoteAuthProvider,
  StaticTokenVerifier,
  toSdkVerifier,
} from '@tollgate/auth-core'
import { createTestIssuer, testClock } from '@tollgate/auth-testing'
import { afterEach, describe, expect, test } from 'vitest'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { notesProvider } from '../harness/notes-app.js'
import { callMcp, newTokens, register } from '../harness/oauth-driver.js'

describe.each(hosts)('$name', ({ start }) => {
  const now = testClock()
  const callers: AccessToken[] = []
  const onCall = (_token: string, accessToken: AccessToken | undefined) => {
    if (accessToken !== undefined) callers.push(accessToken)
  }
  let host: RunningHost
  afterEach(() => host.close())

  /** The caller that the handler receives. */
  async function callerOf(token: string): Promise<AccessToken> {
    callers.length = 0
    expect((await callMcp(host.origin, token)).status).toBe(200)
    return callers[0] as AccessToken
  }

  test('A-55 alice of one issuer is not alice of another', async () => {
    const [a, b] = [
      await createTestIssuer({ issuer: 'https://a.test', now }),
      await createTestIssuer({ issuer: 'https://b.test', now }),
    ]
    const introspection = (issuer: string | undefined, path: string) =>
      new IntrospectionTokenVerifier({
        introspectionUrl: `https://opaque.test/${path}`,
        issuer,
        clientId: 'rs',
        clientSecret: 'secret',
        dangerouslyAllowAnyAudience: true,
        now,
        async fetch(url, init) {
          const active = new URLSearchParams(String(init?.body)).get('token') === path
          const claims = { sub: 'alice', client_id: 'app', iss: 'https://a.test', exp: now() + 60 }
          return Response.json({ active, url, ...claims, ...(issuer === undefined ? {} : { iss: issuer }) })
        },
      })
    const verifiers = [
      ...[a, b].map(({ issuer, fetch }) => new JWTVerifier({ issuer, fetch, now })),
      new StaticTokenVerifier({
        issuer: 'test',
        tokens: { static: { clientId: 'app', subject: 'alice' } },
        now,
      }),
      introspection(undefined, 'first'),
      introspection(undefined, 'second'),
      introspection('https://c.test', 'third'),
    ]
    host = await start((origin) => ({
      provider: new MultiAuth({ server: notesProvider(origin, { now }), verifiers, requiredScopes: [] }),
      onCall,
    }))
    const audience = `${host.origin}/mcp`
    const client = await register(host.origin)
    const alice = { audience, subject: 'alice', clientId: 'app' }
    const tokens = [
      (await newTokens(host.origin, client, { resource: audience })).access_token,
      await a.mint(alice),
      await b.mint(alice),
      ...['static', 'first', 'second', 'third'],
    ]
    const heard: AccessToken[] = []
    for (const token of tokens) heard.push(await callerOf(token))
    expect(heard.map(({ issuer }) => issuer)).toEqual([
      ...[host.origin, 'https://a.test', 'https://b.test', 'test'],
      ...['https://opaque.test/first', 'https://opaque.test/second', 'https://c.test'],
    ])
    expect(new Set(heard.map(({ subject }) => subject))).toEqual(new Set(['alice']))
    for (const one of heard) {
      expect(heard.filter((other) => isSameCaller(one, other))).toEqual([one])
      expect(one.extra).toMatchObject({ issuer: one.issuer, subject: 'alice' })
    }
    // With another token, and with a cached one.
    const again = await callerOf(await a.mint(alice))
    expect(heard.filter((other) => isSameCaller(again, other))).toEqual([heard[1]])
    expect(isSameCaller(await callerOf(tokens[1] as string), heard[1])).toBe(true)
    expect(isSameCaller(await callerOf(await a.mint({ ...alice, clientId: 'other' })), again)).toBe(false)
  })

  test('O-06 a handler that logs its caller logs no token', async () => {
    host = await start((origin) => ({
      provider: new RemoteAuthProvider({
        baseUrl: origin,
        authorizationServers: ['https://login.test'],
        tokenVerifier: new StaticTokenVerifier({ tokens: { 'raw-token': { clientId: 'c' } }, now }),
      }),
      onCall,
    }))
    const caller = await callerOf('raw-token')
    expect(caller.token).toBe('raw-token')
    expect(inspect(caller)).not.toContain('raw-token')
    expect({ ...caller }.token).toBe('raw-token')
  })

  test.each([
    ['milliseconds', () => (now() + 60) * 1000],
    ['text', () => new Date(now() * 1000).toISOString()],
    ['not a number', () => Number.NaN],
    ['null', () => null],
  ])(
    'A-12 A-17 a verifier whose expiry is %s lets no request pass, and the operator is notified',
    async (_name, expiry) => {
      const events: AuthEvent[] = []
      const tokenVerifier = {
        requiredScopes: [],
        verifyToken: async (token: string) =>
          ({
            token,
            clientId: 'c',
            scopes: [],
            claims: {},
            extra: {},
            expiresAt: expiry(),
          }) as unknown as AccessToken,
      }
      const resource = 'https://rs.test/mcp'
      host = await start((origin) => ({
        provider: new RemoteAuthProvider({
          baseUrl: origin,
          authorizationServers: ['https://login.test'],
          tokenVerifier,
          onEvent: (event) => events.push(event),
        }),
        onCall,
      }))
      callers.length = 0
      expect((await callMcp(host.origin, 'any')).status).toBe(503)
      expect(callers).toEqual([])
      expect(events).toMatchObject([
        {
          type: 'source.unavailable',
          source: 'verifier',
          cause: { message: expect.stringMatching(/"expiresAt" must be .*seconds/) },
        },
      ])
      class InvalidTokenError extends Error {}
      const forSdk = toSdkVerifier(
        { ...tokenVerifier, resourceUrl: resource, onEvent: () => {} },
        { InvalidTokenError },
      )
      await expect(forSdk.verifyAccessToken('any')).rejects.toThrow(/"expiresAt" must be/)
    },
  )
})

test('A-55 the SDKs’ authInfo names the issuer', () => {
  const verified = {
    token: 't',
    clientId: 'c',
    scopes: [],
    claims: {},
    issuer: 'https://a.test',
    subject: 'alice',
  }
  const authInfo = {
    ...verified,
    extra: { issuer: 'https://a.test', subject: 'alice', claims: verified.claims },
  }
  const caller: Caller | undefined = accessTokenOf(authInfo)
  expect(isSameCaller(caller, { issuer: 'https://a.test', subject: 'alice', clientId: 'c' })).toBe(true)
})
