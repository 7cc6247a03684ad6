import {
  type AuthEvent,
  type ClientAuthenticator,
  memoryRateLimit,
  memoryStore,
  type OAuthClient,
  type OAuthProvider,
  PrivateKeyJWTClientAuthenticator,
  type RateLimit,
  type RateLimitedMoment,
  TokenHandler,
} from '@tollgate/auth-core'
import { testClock } from '@tollgate/auth-testing'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { Asserter, type ClientKey, newClientKey } from '../harness/assertions.js'
import { countedStore } from '../harness/counted-store.js'
import { anyHost } from '../harness/hosts.js'
import { type NotesAppOptions, notesApp, notesProvider } from '../harness/notes-app.js'
import { codeForm, newCode, type RegisteredClient, register } from '../harness/oauth-driver.js'

// Rate limits belong to the endpoint. They apply whatever authenticates the clients.

const now = testClock()
const grant_type = 'client_credentials'
let key: ClientKey
let otherKey: ClientKey
beforeAll(async () => {
  ;[key, otherKey] = await Promise.all([newClientKey(), newClientKey()])
})
afterEach(() => {
  vi.restoreAllMocks()
})

const signs = () => ({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] } })
const machine = () => ({ client_id: 'billing', grant_types: [grant_type], scope: 'notes:read', ...signs() })

interface Clients {
  readonly unapproved: RegisteredClient
  readonly allowed: RegisteredClient
  /** The form with which the allowed client redeems its code. */
  readonly code: Record<string, string>
}

type AuthenticatorOf = (provider: OAuthProvider) => ClientAuthenticator | undefined

/** A token endpoint mounted by the application, and clients registered with its provider. */
async function mounted(authenticatorOf: AuthenticatorOf, options: NotesAppOptions) {
  const shared = {
    now,
    store: options.store ?? memoryStore({ now }),
    clients: [machine()],
    dangerouslyAllowClientCredentialsForAnyone: true,
  }
  const host = await anyHost.start(notesApp(shared))
  const { origin } = host
  const metadata = { ...signs(), grant_types: ['authorization_code', grant_type], scope: 'notes:read' }
  const unapproved = await register(origin, metadata)
  const allowed = await register(origin, metadata)
  const code = codeForm(allowed, await newCode(origin, allowed))
  await host.close()
  const provider = notesProvider(origin, { ...shared, ...options })
  provider.setMcpPath('/mcp')
  const handler = new TokenHandler({ provider, clientAuthenticator: authenticatorOf(provider) })
  const send = async (by: ClientKey, clientId: string, form: Record<string, string> = { grant_type }) => {
    const { client_id: _, ...rest } = form
    const assertion = await new Asserter(by, clientId, origin, now).form()
    const body = new URLSearchParams({ ...rest, ...assertion })
    return handler.handle(new Request(`${origin}/token`, { method: 'POST', body }))
  }
  return { send, clients: { unapproved, allowed, code } satisfies Clients }
}

const authenticators: [string, AuthenticatorOf][] = [
  ['the provider', () => undefined],
  ['PrivateKeyJWTClientAuthenticator', (provider) => new PrivateKeyJWTClientAuthenticator({ provider })],
  [
    'PrivateKeyJWTClientAuthenticator with an option',
    (provider) => new PrivateKeyJWTClientAuthenticator({ provider, strictAudience: true }),
  ],
  [
    'an authenticator that asks PrivateKeyJWTClientAuthenticator',
    (provider) => {
      const asked = new PrivateKeyJWTClientAuthenticator({ provider })
      return { authenticateRequest: (request) => asked.authenticateRequest(request) }
    },
  ],
]

describe.each(authenticators)('clients authenticated by %s', (_name, authenticatorOf) => {
  test('E-30 L-23 TokenHandler limits assertions of unapproved clients before it verifies them, and no others', async () => {
    const events: AuthEvent[] = []
    const rateLimit = memoryRateLimit({ now, assertionsOfUnapproved: { burst: 3, perMinute: 60 } })
    const { send, clients } = await mounted(authenticatorOf, { events, rateLimit })
    const checks = vi.spyOn(crypto.subtle, 'verify')
    const statuses: number[] = []
    for (let i = 0; i < 10; i += 1) {
      const id = i % 2 === 0 ? clients.unapproved.client_id : 'unknown'
      statuses.push((await send(otherKey, id)).status)
    }
    expect(statuses).toEqual([401, 401, 401, 429, 429, 429, 429, 429, 429, 429])
    expect(checks).toHaveBeenCalledTimes(3)
    const refused = await send(key, clients.unapproved.client_id)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
    const limited = events.find(({ type }) => type === 'request.limited')
    expect(limited).toMatchObject({ endpoint: 'token', stage: 'proving' })
    for (let i = 0; i < 5; i += 1) expect((await send(otherKey, clients.allowed.client_id)).status).toBe(401)
    expect((await send(key, clients.allowed.client_id, clients.code)).status).toBe(200)
    expect((await send(key, 'billing')).status).toBe(200)
  })

  test('E-29 L-23 TokenHandler limits a self-registered client but not a configured one', async () => {
    const limit = { burst: 5, perMinute: 60 }
    const rateLimit = memoryRateLimit({ now, requestsPerUnconfiguredClient: limit })
    const { send, clients } = await mounted(authenticatorOf, { rateLimit })
    const statuses = async (id: string) => {
      const all: number[] = []
      for (let i = 0; i < 8; i += 1) all.push((await send(key, id)).status)
      return all
    }
    expect(await statuses(clients.unapproved.client_id)).toEqual([200, 200, 200, 200, 200, 429, 429, 429])
    expect(await statuses('billing')).toEqual(Array.from({ length: 8 }, () => 200))
    now.advance(1)
    expect((await send(key, clients.unapproved.client_id)).status).toBe(200)
  })

  test('L-23 the rate limit sees the same attempts, and events name their request', async () => {
    const events: AuthEvent[] = []
    const moments: RateLimitedMoment[] = []
    const rateLimit: RateLimit = (moment) => {
      moments.push(moment)
      return { allowed: true }
    }
    const address = '192.0.2.7'
    const { send, clients } = await mounted(authenticatorOf, {
      events,
      rateLimit,
      clientAddress: () => address,
    })
    const clientId = clients.unapproved.client_id
    await send(key, clientId)
    await send(otherKey, clientId)
    expect(moments).toEqual([
      { endpoint: 'token', stage: 'arrived', address },
      { endpoint: 'token', stage: 'proving', address },
      { endpoint: 'token', stage: 'authenticated', clientId, isConfigured: false, address },
      { endpoint: 'token', stage: 'arrived', address },
      // Its tokens make it an approved client.
      { endpoint: 'token', stage: 'failed', clientId, address },
    ])
    const [rejected, failed] = events.slice(-2)
    expect([rejected?.type, failed?.type]).toEqual(['client.rejected', 'request.failed'])
    expect(rejected).toMatchObject({ requestId: expect.any(String) })
    expect(rejected?.requestId).toBe(failed?.requestId)
  })
})

test('TokenHandler looks a client up as rarely with PrivateKeyJWTClientAuthenticator as without', async () => {
  const looksOfOne = async (authenticatorOf: AuthenticatorOf) => {
    const store = countedStore(now)
    const { send, clients } = await mounted(authenticatorOf, { store })
    expect((await send(key, clients.allowed.client_id)).status).toBe(200)
    const before = store.looks()
    expect((await send(key, clients.allowed.client_id)).status).toBe(200)
    return store.looks() - before
  }
  const looks = await looksOfOne((provider) => new PrivateKeyJWTClientAuthenticator({ provider }))
  expect(looks).toBe(await looksOfOne(() => undefined))
})

describe('clients authenticated by the application', () => {
  const client = (client_id: string): OAuthClient => ({
    ...{ client_id, grant_types: [grant_type], scope: 'notes:read', redirect_uris: [], response_types: [] },
    token_endpoint_auth_method: 'tls_client_auth',
  })
  const isLimited = async (id: string, told: object = {}) => {
    const limit = { burst: 2, perMinute: 60 }
    const rateLimit = memoryRateLimit({ now, requestsPerUnconfiguredClient: limit })
    const authenticator = {
      authenticateRequest: async () => client(id),
      verifyRequest: async () => ({ client: client(id), consume: async () => {}, ...told }),
    }
    const { send } = await mounted(() => authenticator, { rateLimit })
    const statuses = new Set<number>()
    for (let i = 0; i < 4; i += 1) statuses.add((await send(key, id)).status)
    return statuses.has(429)
  }

  test.each([
    ['limits', 'is not in the options', 'other', {}, true],
    ['does not limit', 'is in the options', 'billing', {}, false],
    ['does not limit', 'the authenticator calls configured', 'other', { isConfigured: true }, false],
    [
      'does not limit',
      'is in the options, whatever the authenticator returns',
      'billing',
      { isConfigured: false },
      false,
    ],
    ['limits', 'the authenticator calls configured with a string', 'other', { isConfigured: 'yes' }, true],
  ])('E-29 L-23 TokenHandler %s a client that %s', async (_verb, _what, id, told, expected) => {
    expect(await isLimited(id, told)).toBe(expected)
  })
})
