import {
  AccessToken,
  type AuthEvent,
  IntrospectionTokenVerifier,
  JWTVerifier,
  type JWTVerifierOptions,
  MultiAuth,
  type MultiAuthOptions,
  type OAuthProvider,
  toSdkScopeChallenge,
} from '@tollgate/auth-core'
import { createTestIssuer, type MintOptions, type TestIssuer, testClock } from '@tollgate/auth-testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Host, hosts, type ProtectedApp, type RunningHost } from '../harness/hosts.js'
import { notesProvider } from '../harness/notes-app.js'
import { callMcp, newTokens, type RegisteredClient, register } from '../harness/oauth-driver.js'

const challengeOf = (answer: Response) => answer.headers.get('www-authenticate') ?? ''
const scopeOf = (answer: Response) => /scope="([^"]*)"/.exec(challengeOf(answer))?.[1]

const now = testClock()
let machines: TestIssuer
beforeAll(async () => {
  machines = await createTestIssuer({ issuer: 'https://machines.test', now })
})

type ScopeRules = Pick<JWTVerifierOptions, 'requiredScopes' | 'impliesScope'>

const machineVerifier = (requiredScopes: readonly string[] = ['svc:call']) =>
  new JWTVerifier({ issuer: machines.issuer, fetch: machines.fetch, now, requiredScopes })

/** A server for people, and tokens of another issuer for machines. */
async function startSources(
  start: Host['start'],
  options: Partial<MultiAuthOptions> = {},
  app: Partial<ProtectedApp> = {},
) {
  const host = await start((origin) => ({
    provider: new MultiAuth({
      server: notesProvider(origin, { now }),
      verifiers: machineVerifier(),
      ...options,
    }),
    ...app,
  }))
  const { origin } = host
  const client = await register(origin)
  return {
    ...host,
    userToken: async (scope: string) =>
      (await newTokens(origin, client, { scope, resource: `${origin}/mcp` })).access_token,
    machineToken: (...scopes: string[]) => machines.mint({ audience: `${origin}/mcp`, scopes }),
  }
}

let running: Awaited<ReturnType<typeof startSources>> | undefined
afterEach(async () => {
  await running?.close()
  running = undefined
})

describe.each(hosts)('$name', ({ start }) => {
  describe('required scopes of each source', () => {
    test('A-52 a token needs the scopes of its own source, and a 403 names them', async () => {
      running = await startSources(start)
      const { origin, userToken, machineToken } = running
      /** Twice, because the second time the token is cached. */
      const expectAnswer = async (token: string, status: number, scope?: string) => {
        for (const _ of ['new', 'known']) {
          const answer = await callMcp(origin, token)
          expect([answer.status, scopeOf(answer)]).toEqual([status, scope])
        }
      }
      await expectAnswer(await userToken('notes:read'), 200)
      await expectAnswer(await userToken('notes:write'), 403, 'notes:read')
      await expectAnswer(await machineToken('svc:call'), 200)
      await expectAnswer(await machineToken(), 403, 'svc:call')
      await expectAnswer(await machineToken('notes:read'), 403, 'svc:call')
      // Without a valid token, the challenge is that of the server.
      expect(scopeOf(await callMcp(origin, undefined))).toBe('notes:read')
      await expectAnswer('invalid', 401, 'notes:read')
    })

    test.each<[string, Partial<MultiAuthOptions>, Partial<ProtectedApp>, [number, number, number, number]]>([
      ['MultiAuth requires the same of all', { requiredScopes: ['svc:call'] }, {}, [403, 403, 403, 200]],
      ['MultiAuth requires nothing', { requiredScopes: [] }, {}, [200, 200, 200, 200]],
      ['the gate requires the same of all', {}, { gate: { scopes: ['notes:read'] } }, [200, 403, 200, 403]],
      ['the gate requires nothing', {}, { gate: { scopes: [] } }, [200, 200, 200, 200]],
    ])('A-52 the scopes of the source are replaced when %s', async (_name, options, app, expected) => {
      running = await startSources(start, options, app)
      const { origin, userToken, machineToken } = running
      const tokens = [
        await userToken('notes:read'),
        await userToken('notes:write'),
        await machineToken('notes:read'),
        await machineToken('svc:call'),
      ]
      const heard = await Promise.all(tokens.map(async (token) => (await callMcp(origin, token)).status))
      expect(heard).toEqual(expected)
    })

    test('A-52 a token needs the scopes of the server if its source has none', async () => {
      running = await startSources(start, { verifiers: machineVerifier([]) })
      const { origin, machineToken } = running
      expect((await callMcp(origin, await machineToken())).status).toBe(403)
      expect((await callMcp(origin, await machineToken('notes:read'))).status).toBe(200)
    })
  })

  describe('scope implications', () => {
    const implies = (granted: string) => granted === 'notes:write'
    const wildcard = (granted: string, required: string) => granted === 'svc:*' && required.startsWith('svc:')
    const jwts = (options: ScopeRules) =>
      new JWTVerifier({ issuer: machines.issuer, fetch: machines.fetch, now, ...options })
    const withServer = (verifiers: JWTVerifier, options: Partial<MultiAuthOptions> = {}) =>
      start((origin) => {
        const server = notesProvider(origin, { now, impliesScope: implies })
        return { provider: new MultiAuth({ server, verifiers, ...options }) }
      })

    test.each<[string, ScopeRules, Partial<MultiAuthOptions>, Record<string, number>]>([
      [
        'its source',
        { requiredScopes: ['svc:call'], impliesScope: wildcard },
        {},
        { 'notes:write': 403, 'svc:*': 200, 'svc:call': 200 },
      ],
      ['its source, even if it has none', {}, {}, { 'notes:write': 403, 'notes:read': 200 }],
      [
        'MultiAuth, if it has some',
        { requiredScopes: ['svc:call'], impliesScope: wildcard },
        { impliesScope: implies },
        { 'notes:write': 200, 'svc:*': 403, 'svc:call': 200 },
      ],
    ])('A-25 the scope implications for a token come from %s', async (_name, verifier, options, expected) => {
      const host = await withServer(jwts(verifier), options)
      try {
        const audience = `${host.origin}/mcp`
        const client = await register(host.origin)
        const own = await newTokens(host.origin, client, { scope: 'notes:write', resource: audience })
        for (const _ of ['new', 'known']) {
          expect((await callMcp(host.origin, own.access_token)).status).toBe(200)
        }
        for (const [scope, status] of Object.entries(expected)) {
          const token = await machines.mint({ audience, scopes: [scope] })
          for (const _ of ['new', 'known']) {
            expect([scope, (await callMcp(host.origin, token)).status]).toEqual([scope, status])
          }
        }
      } finally {
        await host.close()
      }
    })
  })

  describe('an expired token of the server while another source is down', () => {
    const clock = testClock()
    let issuer: TestIssuer
    let host: RunningHost
    let server: OAuthProvider
    let client: RegisteredClient
    let isDown: boolean
    const events: AuthEvent[] = []

    beforeAll(async () => {
      issuer = await createTestIssuer({ issuer: 'https://machines.test', now: clock })
      host = await start((origin) => {
        server = notesProvider(origin, { now: clock, events })
        const jwts = new JWTVerifier({
          issuer: issuer.issuer,
          jwks: issuer.jwks(),
          now: clock,
          onEvent: (event) => void events.push(event),
        })
        const introspection = new IntrospectionTokenVerifier({
          introspectionUrl: 'https://opaque.test/introspect',
          clientId: 'rs',
          clientSecret: 'secret',
          dangerouslyAllowAnyAudience: true,
          refusalLifetime: 0,
          now: clock,
          async fetch(_url, init) {
            if (isDown) throw new Error('ECONNREFUSED')
            const active = new URLSearchParams(String(init?.body)).get('token') === 'opaque'
            return Response.json({ active, client_id: 'c', exp: clock() + 60, scope: 'notes:read' })
          },
        })
        // In this order, the unavailable source fails before the token is recognized.
        return { provider: new MultiAuth({ server, verifiers: [introspection, jwts] }) }
      })
      client = await register(host.origin)
    })
    afterAll(() => host.close())
    beforeEach(() => {
      isDown = false
    })

    const audience = () => `${host.origin}/mcp`
    const mint = (options: MintOptions = {}) =>
      issuer.mint({ audience: audience(), scopes: ['notes:read'], ...options })
    const own = async () => (await newTokens(host.origin, client, { resource: audience() })).access_token
    /** Signed by another key in the name of this server. */
    const forged = async (expiresIn: number) => {
      const { mint } = await createTestIssuer({ issuer: host.origin, now: clock })
      return mint({ audience: audience(), expiresIn })
    }
    const expired = async (token: string) => {
      clock.advance(3700)
      return token
    }
    const revoked = async (token: string) => {
      await server.revokeTokens({ clientId: client.client_id })
      return token
    }

    test.each<[string, () => Promise<string>]>([
      ['an expired token of the server', async () => expired(await own())],
      ['a revoked token of the server', async () => revoked(await own())],
      ['an expired token that names the server', () => forged(-60)],
      ['an expired token of a JWT issuer', () => mint({ expiresIn: -60 })],
      ['an expired token that names a JWT issuer', () => mint({ expiresIn: -60, signedBy: 'otherKey' })],
    ])('A-53 an invalid token of the server gets a 401: %s', async (_name, get) => {
      const token = await get()
      isDown = true
      events.length = 0
      const answer = await callMcp(host.origin, token)
      expect(answer.status).toBe(401)
      expect(challengeOf(answer)).toContain('error="invalid_token"')
      // The operator gets one event with the reason.
      expect(events.filter(({ type }) => type === 'token.rejected').at(-1)).toMatchObject({
        reason: expect.stringMatching(/^(expired|revoked)$/),
      })
    })

    test.each<[string, () => Promise<string>]>([
      ['a token of the source that is down', async () => 'opaque'],
      ['an unknown token', async () => 'unknown'],
      [
        'an expired token of an unknown issuer',
        async () => {
          const other = await createTestIssuer({ issuer: 'https://other.test', now: clock })
          return other.mint({ audience: audience(), expiresIn: -60 })
        },
      ],
      ['a token with an invalid expiry', () => mint({ claims: { exp: 'yesterday' } })],
      ['a token without an expiry', () => mint({ claims: { exp: undefined } })],
      ['a token for another server', () => mint({ audience: 'https://elsewhere.test/mcp' })],
      ['a token signed by another key', () => mint({ signedBy: 'otherKey' })],
      ['a token signed by another key in the name of the server', () => forged(60)],
    ])('A-17 A-53 a token that may be valid gets a 503: %s', async (_name, get) => {
      const token = await get()
      isDown = true
      expect((await callMcp(host.origin, token)).status).toBe(503)
    })
  })
})

test('A-53 an expired token is not passed to sources after the one that recognized it', async () => {
  const resource = 'https://rs.test/mcp'
  const seen: string[] = []
  const verifiers = [
    machineVerifier([]),
    {
      requiredScopes: [],
      verifyToken: async (token: string) => {
        seen.push(token)
        return null
      },
    },
  ]
  const auth = new MultiAuth({ verifiers })
  const ended = await machines.mint({ audience: resource, expiresIn: -60 })
  expect(await auth.verifyToken(ended, { resource })).toBeNull()
  expect(await auth.verifyToken('another', { resource })).toBeNull()
  expect(seen).toEqual(['another'])
})

test('A-53 a source that accepts a token which its own verifier calls expired is trusted', async () => {
  const resource = 'https://rs.test/mcp'
  const jwts = machineVerifier([])
  const forgiving = {
    requiredScopes: [],
    verifyToken: async (...asked: Parameters<JWTVerifier['verifyToken']>) =>
      (await jwts.verifyToken(...asked)) ?? new AccessToken({ token: asked[0], clientId: 'c', scopes: [] }),
  }
  const token = await machines.mint({ audience: resource, expiresIn: -60 })
  expect(await new MultiAuth({ verifiers: forgiving }).verifyToken(token, { resource })).not.toBeNull()
})

/** The bare host calls no tools. */
const hostsWithTools = hosts.filter(({ name }) => name !== 'fetch')

test.each(hostsWithTools)(
  'A-24 A-52 the 403 for a tool on $name combines the scopes of the source and of the tool',
  async ({ start }) => {
    running = await startSources(start, {}, { toolScopes: { add: ['notes:write'] } })
    const { origin, userToken, machineToken } = running
    const call = async (token: string) => {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'add' } })
      const answer = await callMcp(origin, token, { body })
      return [answer.status, scopeOf(answer)]
    }
    expect(await call(await userToken('notes:read'))).toEqual([403, 'notes:read notes:write'])
    expect(await call(await userToken('notes:read notes:write'))).toEqual([200, undefined])
    expect(await call(await machineToken('svc:call'))).toEqual([403, 'svc:call notes:write'])
    expect(await call(await machineToken('svc:call', 'notes:write'))).toEqual([200, undefined])
    expect(await call(await machineToken('notes:write'))).toEqual([403, 'svc:call'])
  },
)

describe('tool scopes in the hook of SDK v2', () => {
  const source = (...requiredScopes: string[]) => ({ requiredScopes, verifyToken: async () => null })
  const auth = new MultiAuth({ verifiers: [source('read'), source('svc:call')] })
  const asks = toSdkScopeChallenge(auth, ['write'])

  test.each<[string[] | undefined, string[] | undefined]>([
    [['read', 'write'], undefined],
    [['svc:call', 'write'], undefined],
    [['svc:call'], ['svc:call', 'write']],
    [['read'], ['read', 'write']],
    [
      ['read', 'svc:call'],
      ['read', 'svc:call', 'write'],
    ],
    [['write'], ['read', 'svc:call', 'write']],
    [undefined, ['read', 'write']],
  ])('A-52 a token with %j gets a challenge for %j', (scopes, asked) => {
    expect(asks({ authInfo: scopes === undefined ? undefined : { scopes } })?.scopes).toEqual(asked)
  })
})
