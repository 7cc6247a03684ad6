import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { OAuthProvider } from '../../src/authorization-server/oauth-provider.js'
import { PrivateKeyJWTClientAuthenticator } from '../../src/authorization-server/private-key-jwt-client-authenticator.js'
import { TokenHandler } from '../../src/authorization-server/token-handler.js'
import type {
  AuthProviderLike,
  RoutedProvider,
  VerifyTokenOptions,
} from '../../src/contract/auth-provider-like.js'
import type { AuthEvent, EventListener } from '../../src/events/auth-event.js'
import { createBearerGate } from '../../src/gate/create-bearer-gate.js'
import { toSdkVerifier } from '../../src/gate/sdk-verifier.js'
import { dispatch } from '../../src/http/route.js'
import { OAuthError } from '../../src/oauth/oauth-error.js'
import { MultiAuth } from '../../src/providers/multi-auth.js'
import { RemoteAuthProvider } from '../../src/providers/remote-auth-provider.js'
import { memoryStore } from '../../src/store/memory-store.js'
import { IntrospectionTokenVerifier } from '../../src/token-verification/introspection-token-verifier.js'
import { JWTVerifier } from '../../src/token-verification/jwt-verifier.js'
import type { JWTVerifierOptions } from '../../src/token-verification/jwt-verifier-options.js'
import { StaticTokenVerifier } from '../../src/token-verification/static-token-verifier.js'
import { recorder } from '../harness/events.js'
import { goodClaims, issuer, newKey, rawToken, resource, signToken } from '../harness/tokens.js'
import { verifierOf } from '../harness/verifiers.js'

const now = () => 1_800_000_000
const warn = vi.spyOn(console, 'warn')
beforeEach(() => {
  warn.mockReset().mockImplementation(() => {})
})

type OnEvent = EventListener | false | undefined
const baseUrl = 'https://api.example.com'
const remoteOptions = { baseUrl, authorizationServers: [issuer] }
const heard = (listener: OnEvent) => ({ onEvent: listener })

let key: Awaited<ReturnType<typeof newKey>>
let expired: string
beforeAll(async () => {
  key = await newKey()
  expired = await signToken(key, now(), { claims: { exp: now() - 120 } })
})

function jwt(onEvent?: OnEvent, options: Partial<JWTVerifierOptions> = {}): JWTVerifier {
  return new JWTVerifier({
    issuer,
    publicKey: key.publicJwk,
    now,
    ...heard(onEvent),
    ...options,
  } as JWTVerifierOptions)
}

function remote(tokenVerifier: AuthProviderLike, onEvent?: OnEvent): RemoteAuthProvider {
  return new RemoteAuthProvider({ ...remoteOptions, tokenVerifier, ...heard(onEvent) })
}

function server(onEvent?: OnEvent): OAuthProvider {
  return new OAuthProvider({
    baseUrl,
    store: memoryStore(),
    signIn: () => ({ subject: 'alice' }),
    now,
    ...heard(onEvent),
  })
}

/** Whatever verifies, with the path that its gate protects. */
const nestings: Record<string, (outer: OnEvent, inner: OnEvent) => AuthProviderLike> = {
  'a RemoteAuthProvider': (outer, inner) => remote(jwt(inner), outer),
  'a MultiAuth': (outer, inner) => new MultiAuth({ baseUrl, verifiers: jwt(inner), onEvent: outer }),
  'a MultiAuth of a RemoteAuthProvider': (outer, inner) =>
    new MultiAuth({ server: remote(jwt(inner)), onEvent: outer }),
  'a RemoteAuthProvider of a MultiAuth': (outer, inner) =>
    remote(new MultiAuth({ verifiers: jwt(inner) }), outer),
  'a MultiAuth of MultiAuths': (outer, inner) =>
    new MultiAuth({
      server: new MultiAuth({ server: remote(new MultiAuth({ verifiers: [jwt(inner)] })) }),
      onEvent: outer,
    }),
  'a gate': (_outer, inner) => jwt(inner, { audience: resource }),
}

describe.each(Object.entries(nestings))('%s', (name, nest) => {
  /** Presents an expired token at the gate, which has the outer listener where nothing else can have it. */
  async function refuse(outer: OnEvent, inner?: OnEvent): Promise<void> {
    const provider = nest(outer, inner)
    const options = name === 'a gate' ? { mcpPath: null, ...heard(outer) } : { mcpPath: '/mcp' }
    const { refusal } = await createBearerGate(provider, options).authenticate(`Bearer ${expired}`)
    expect(refusal?.status).toBe(401)
  }
  const rejection: AuthEvent = { type: 'token.rejected', reason: 'expired', issuer }

  test('O-05 reports a refusal once to its listener, which its verifiers share', async () => {
    const outer = recorder()
    await refuse(outer)
    expect(outer.events).toMatchObject([rejection])
    expect(warn).not.toHaveBeenCalled()
  })

  test('O-05 leaves a refusal to the listener of a verifier that has one', async () => {
    const [outer, inner] = [recorder(), recorder()]
    await refuse(outer, inner)
    expect([outer.events, inner.events]).toMatchObject([[], [rejection]])
    await refuse(undefined, inner)
    await refuse(false, inner)
    expect(inner.events).toHaveLength(3)
    await refuse(outer, false)
    expect(outer.events).toEqual([])
    expect(warn).not.toHaveBeenCalled()
  })

  test('O-05 prints a refusal once without a listener, and never with onEvent: false', async () => {
    await refuse(undefined)
    expect(warn.mock.calls).toEqual([[expect.stringContaining('[tollgate] token.rejected reason=expired')]])
    await refuse(false)
    expect(warn).toHaveBeenCalledTimes(1)
  })
})

describe('a gate', () => {
  const failing = (cause: unknown) => verifierOf('good', { verifyToken: () => Promise.reject(cause) })
  const gateOf = (provider: AuthProviderLike, onEvent: EventListener) =>
    createBearerGate(provider, { onEvent, mcpPath: null })

  test.each<[string, unknown]>([
    ['an error', new Error('the user database is down')],
    ['text', 'down'],
    ['nothing', undefined],
    ['an outage of its own', new OAuthError('temporarily_unavailable', 'Later.', { reason: 'app_ldap' })],
    ['an outage without a reason', new OAuthError('temporarily_unavailable', 'Later.')],
  ])('O-05 reports a verifier of the application that throws %s', async (_name, cause) => {
    const events = recorder()
    const { refusal } = await gateOf(failing(cause), events).authenticate('Bearer good')
    expect(refusal?.status).toBe(503)
    expect(events.events).toEqual([{ type: 'source.unavailable', source: 'verifier', cause }])
  })

  test('O-05 reports a verifier whose clock fails, and one that returns no verdict', async () => {
    const events = recorder()
    const broken = verifierOf('good', {
      verifyToken: async () => ({ scopes: [], expiresAt: 1 }) as never,
      now: () => {
        throw new Error('no clock')
      },
    })
    await gateOf(broken, events).authenticate('Bearer good')
    await gateOf(verifierOf('good', { verifyToken: async () => true as never }), events).authenticate(
      'Bearer good',
    )
    expect(events.events).toMatchObject(Array(2).fill({ type: 'source.unavailable', source: 'verifier' }))
  })

  test('O-05 reports a failure in a verifier of this library once', async () => {
    const events = recorder()
    const fetch = () => Promise.reject(new Error('connection refused'))
    const discovering = new JWTVerifier({ issuer, audience: resource, fetch, now })
    const introspecting = new IntrospectionTokenVerifier({
      introspectionUrl: `${issuer}/introspect`,
      clientId: 'rs',
      clientSecret: 'secret',
      fetch,
      now,
    })
    const good = await signToken(key, now())
    for (const verifier of [
      discovering,
      new MultiAuth({ verifiers: discovering }),
      new MultiAuth({ verifiers: new MultiAuth({ verifiers: [introspecting, discovering] }) }),
    ]) {
      expect((await gateOf(verifier, events).authenticate(`Bearer ${good}`)).refusal?.status).toBe(503)
    }
    const sources = events.events.map((event) => 'source' in event && event.source)
    // The keys are not asked for again within some seconds of a failure.
    expect(sources).toEqual(['jwks', 'introspection'])
  })

  test('O-05 reports a failed fetch of keys to the listener of the caller', async () => {
    const verifier = new JWTVerifier({
      issuer,
      audience: resource,
      now,
      fetch: () => Promise.reject(new Error('x')),
    })
    const [first, second] = [recorder(), recorder()]
    const good = await signToken(key, now())
    const ask = (listener: EventListener) =>
      remote(verifier, listener)
        .verifyToken(good)
        .catch(() => 'outage')
    expect(await Promise.all([ask(first), ask(second)])).toEqual(['outage', 'outage'])
    expect([first.events, second.events]).toMatchObject([[{ source: 'jwks' }], []])
  })

  test('O-05 reports a silent refusal, a token that expired meanwhile, and a malformed header', async () => {
    const events = recorder()
    await gateOf(verifierOf('good'), events).authenticate('Bearer bad')
    const old = verifierOf('good', { verifyToken: async () => ({ scopes: [], expiresAt: 1 }) as never })
    await gateOf(old, events).authenticate('Bearer good')
    await gateOf(old, events).authenticate('Bearer one two')
    expect(events.events).toEqual([
      { type: 'token.rejected', reason: 'verifier', hint: expect.stringContaining('"options"') },
      { type: 'token.rejected', reason: 'expired' },
      { type: 'token.rejected', reason: 'malformed' },
    ])
  })

  test('O-05 an extended verifier reports its own refusals and those of its base once', async () => {
    class Mine extends JWTVerifier {
      override async verifyToken(token: string, options?: VerifyTokenOptions) {
        const verified = await super.verifyToken(token, options)
        return verified?.clientId === 'my-app' ? verified : null
      }
    }
    const events = recorder()
    const gate = gateOf(new Mine({ issuer, publicKey: key.publicJwk, audience: resource, now }), events)
    await gate.authenticate(`Bearer ${await signToken(key, now())}`)
    await gate.authenticate(`Bearer ${expired}`)
    expect(events.events).toMatchObject([{ reason: 'verifier' }, { reason: 'expired' }])
  })

  test('O-05 a token that one source refuses and another accepts is not reported', async () => {
    const events = recorder()
    const auth = new MultiAuth({ verifiers: [jwt(), verifierOf('good')] })
    expect((await gateOf(auth, events).authenticate('Bearer good')).accessToken).toBeDefined()
    expect(events.events).toEqual([])
    await gateOf(auth, events).authenticate('Bearer bad')
    expect(events.events).toMatchObject([{ reason: 'not_a_jwt' }, { reason: 'verifier' }])
  })

  test('a missing scope goes to the listener of the gate, or else of the provider, or else of its verifier', async () => {
    const lacking = await signToken(key, now(), { claims: { scope: 'other' } })
    const [gate, provider, verifier] = [recorder(), recorder(), recorder()]
    const ask = (auth: AuthProviderLike, onEvent?: OnEvent) =>
      createBearerGate(auth, { mcpPath: '/mcp', scopes: ['notes:read'], ...heard(onEvent) }).authenticate(
        `Bearer ${lacking}`,
      )
    await ask(remote(jwt(verifier), provider), gate)
    await ask(remote(jwt(verifier), provider))
    await ask(remote(jwt(verifier)))
    await ask(new MultiAuth({ server: remote(jwt(verifier)) }))
    await ask(remote(jwt(verifier), provider), false)
    expect([gate, provider, verifier].map(({ events }) => events.map(({ type }) => type))).toEqual([
      ['scope.missing'],
      ['scope.missing'],
      ['scope.missing', 'scope.missing'],
    ])
  })
})

describe('a MultiAuth with a server', () => {
  const post = (provider: RoutedProvider, path: string) =>
    dispatch(provider.getRoutes('/mcp'), new Request(`${baseUrl}${path}`, { method: 'POST' }))

  test('O-05 receives the events of a server without a listener once each', async () => {
    const outer = recorder()
    const auth = new MultiAuth({ server: server(), verifiers: jwt(), onEvent: outer })
    expect((await post(auth, '/token'))?.status).toBe(400)
    expect(outer.events).toMatchObject([{ type: 'request.failed', requestId: expect.any(String) }])
    await createBearerGate(auth).authenticate(`Bearer ${expired}`)
    expect(outer.events.slice(1)).toMatchObject([
      { type: 'token.rejected', reason: 'issuer', issuer: baseUrl },
      { type: 'token.rejected', reason: 'expired', issuer },
    ])
    expect(warn).not.toHaveBeenCalled()
  })

  test('O-05 receives them through another MultiAuth as well', async () => {
    const outer = recorder()
    await post(new MultiAuth({ server: new MultiAuth({ server: server() }), onEvent: outer }), '/token')
    expect(outer.events).toHaveLength(1)
  })

  test('O-05 leaves a server its own listener, which its verifiers share by default', async () => {
    const [outer, inner] = [recorder(), recorder()]
    await post(new MultiAuth({ server: server(inner), onEvent: outer }), '/token')
    expect([outer.events.length, inner.events.length]).toEqual([0, 1])
    const shared = new MultiAuth({ server: server(inner), verifiers: jwt() })
    shared.setMcpPath('/mcp')
    await createBearerGate(shared).authenticate(`Bearer ${expired}`)
    expect(inner.events.slice(1)).toMatchObject([{ reason: 'issuer' }, { reason: 'expired' }])
    await post(new MultiAuth({ server: server(false), onEvent: outer }), '/token')
    expect(outer.events).toEqual([])
    expect(warn).not.toHaveBeenCalled()
  })

  test('O-05 reports its verifiers to the caller, not to the listener of its server', async () => {
    const [outer, inner] = [recorder(), recorder()]
    const auth = new MultiAuth({ server: server(inner), verifiers: jwt() })
    await remote(auth, outer).verifyToken(expired, { resource })
    expect(inner.events).toMatchObject([{ reason: 'issuer', issuer: baseUrl }])
    expect(outer.events).toMatchObject([{ reason: 'expired', issuer }])
  })

  test('O-05 parts beside a provider report to its listener', async () => {
    const own = recorder()
    const request = () =>
      new Request(`${baseUrl}/token`, { method: 'POST', body: new URLSearchParams({ client_id: 'nobody' }) })
    for (const [provider, prints] of [
      [server(own), 0],
      [server(), 1],
    ] as const) {
      warn.mockClear()
      expect((await new TokenHandler({ provider }).handle(request())).status).toBe(401)
      await expect(
        new PrivateKeyJWTClientAuthenticator({ provider }).authenticateRequest(request()),
      ).rejects.toMatchObject({ code: 'invalid_client' })
      expect(warn).toHaveBeenCalledTimes(prints)
    }
    expect(own.events.map(({ type }) => type)).toEqual([
      'client.rejected',
      'request.failed',
      'client.rejected',
    ])
  })

  test('a server without a listener prints its events with the ID that its error page shows', async () => {
    await post(server(), '/token')
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/^\[tollgate] request\.failed endpoint=token .* requestId=[\w-]{16}/)],
    ])
    await post(server(false), '/token')
    expect(warn).toHaveBeenCalledTimes(1)
  })
})

test.each<[string, (verifier: JWTVerifier) => AuthProviderLike]>([
  [
    'a proxy',
    (verifier) =>
      new Proxy(verifier, {
        get: (target, name) =>
          name === 'verifyToken' ? target.verifyToken.bind(target) : Reflect.get(target, name),
      }),
  ],
  [
    'an object that inherits from it',
    (verifier) =>
      Object.create(verifier, {
        verifyToken: { value: verifier.verifyToken.bind(verifier) },
        now: { value: now },
        clockTolerance: { value: 0 },
      }) as AuthProviderLike,
  ],
])(
  '%s of a verifier, which may not know its listener, is no outage, and reports once',
  async (_name, wrap) => {
    const events = recorder()
    const wrapped = () => wrap(jwt(events, { audience: resource }))
    for (const provider of [wrapped(), remote(wrapped()), new MultiAuth({ baseUrl, verifiers: wrapped() })]) {
      const gate = createBearerGate(provider, { mcpPath: provider instanceof JWTVerifier ? null : '/mcp' })
      expect((await gate.authenticate(`Bearer ${expired}`)).refusal?.status).toBe(401)
      expect(events.events.splice(0)).toMatchObject([{ reason: 'expired' }])
    }
  },
)

describe('a verifier without a gate', () => {
  test.each<[string, (onEvent?: OnEvent) => AuthProviderLike, string]>([
    ['JWTVerifier', (onEvent) => jwt(onEvent), 'not_a_jwt'],
    [
      'StaticTokenVerifier',
      (onEvent) => new StaticTokenVerifier({ tokens: {}, now, ...heard(onEvent) }),
      'unknown',
    ],
    [
      'IntrospectionTokenVerifier',
      (onEvent) =>
        new IntrospectionTokenVerifier({
          introspectionUrl: `${issuer}/introspect`,
          clientId: 'rs',
          clientSecret: 'secret',
          fetch: async () => Response.json({ active: false }),
          now,
          ...heard(onEvent),
        }),
      'inactive',
    ],
    ['OAuthProvider', (onEvent) => server(onEvent), 'not_a_jwt'],
  ])(
    'O-05 a %s reports to its own listener, or to the one that it is handed, or prints',
    async (_name, make, reason) => {
      const [own, asker] = [recorder(), recorder()]
      await make(own).verifyToken('bad', { resource, onEvent: asker })
      await make().verifyToken('bad', { resource, onEvent: asker })
      expect([own.events, asker.events]).toMatchObject([[{ reason }], [{ reason }]])
      expect(warn).not.toHaveBeenCalled()
      await make().verifyToken('bad', { resource })
      expect(warn.mock.calls).toEqual([[expect.stringContaining(`token.rejected reason=${reason}`)]])
      await make(false).verifyToken('bad', { resource, onEvent: asker })
      expect(asker.events).toHaveLength(1)
    },
  )

  test('O-12 ignores the errors of a listener that was passed on', async () => {
    const onEvent = () => {
      throw new Error('the log is full')
    }
    expect(await jwt().verifyToken('bad', { resource, onEvent })).toBeNull()
  })

  test('reports failures of ready()', async () => {
    const verifier = new JWTVerifier({ issuer, now, fetch: () => Promise.reject(new Error('refused')) })
    await expect(verifier.ready()).rejects.toMatchObject({ status: 503 })
    expect(warn.mock.calls).toEqual([[expect.stringContaining('source.unavailable source=jwks')]])
  })
})

describe('toSdkVerifier', () => {
  class InvalidTokenError extends Error {}

  test('O-05 reports like a gate', async () => {
    const events = recorder()
    const sdk = (provider: AuthProviderLike) => toSdkVerifier(provider, { InvalidTokenError }, heard(events))
    const cause = new Error('down')
    await expect(
      sdk(verifierOf('a', { verifyToken: () => Promise.reject(cause) })).verifyAccessToken('b'),
    ).rejects.toBe(cause)
    await expect(sdk(verifierOf('a')).verifyAccessToken('b')).rejects.toThrow(InvalidTokenError)
    await expect(sdk(jwt(undefined, { audience: resource })).verifyAccessToken(expired)).rejects.toThrow(
      InvalidTokenError,
    )
    expect(events.events).toMatchObject([
      { source: 'verifier', cause },
      { reason: 'verifier' },
      { reason: 'expired', issuer },
    ])
  })
})

test.each<[string, (onEvent: never) => unknown]>([
  ['JWTVerifier', (onEvent) => jwt(onEvent)],
  ['RemoteAuthProvider', (onEvent) => remote(verifierOf('1'), onEvent)],
  ['MultiAuth', (onEvent) => new MultiAuth({ verifiers: verifierOf('1'), onEvent })],
  ['OAuthProvider', (onEvent) => server(onEvent)],
  ['createBearerGate', (onEvent) => createBearerGate(verifierOf('1'), { mcpPath: null, onEvent })],
  ['toSdkVerifier', (onEvent) => toSdkVerifier(verifierOf('1'), { InvalidTokenError: Error }, { onEvent })],
])('%s refuses an "onEvent" that is neither a function nor false', (_name, make) => {
  for (const wrong of [true, null, 'log', {}])
    expect(() => make(wrong as never)).toThrow('"onEvent" must be a function')
})

test('O-02 the event of an invalid token contains nothing from the token', async () => {
  const events = recorder()
  const token = rawToken({ alg: 'ES256', kid: 'FORGED' }, { ...goodClaims(now()), iss: 'FORGED' })
  await jwt(events).verifyToken(token)
  expect(JSON.stringify(events.events)).not.toContain('FORGED')
})
