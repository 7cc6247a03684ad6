import {
  type AuthEvent,
  memoryRateLimit,
  type RateLimit,
  type RateLimitedMoment,
  secretDigest,
} from '@tollgate/auth-core'
import { testClock } from '@tollgate/auth-testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { foreignPromise, unhandledRejections } from '../../../auth-core/test/harness/promises.js'
import { basic, basicOf } from '../harness/credentials.js'
import { expectErrorPage, expectErrorRedirect, expectOAuthError } from '../harness/expectations.js'
import { anyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { type NotesAppOptions, notesApp, notesProvider } from '../harness/notes-app.js'
import {
  authorizationUrl,
  Browser,
  callback,
  newTokens,
  postForm,
  type RegisteredClient,
  refreshForm,
  register,
} from '../harness/oauth-driver.js'

const confidential = { token_endpoint_auth_method: 'client_secret_basic' }

/** Expects a 429 with `Retry-After` that pages can read. */
async function expectLimited(response: Response, retryAfter: number): Promise<void> {
  await expectOAuthError(response, 429, 'temporarily_unavailable')
  expect(response.headers.get('retry-after')).toBe(String(retryAfter))
  expect(response.headers.get('access-control-allow-origin')).toBe('*')
  expect(response.headers.get('access-control-expose-headers')).toContain('Retry-After')
  expect(response.headers.get('www-authenticate')).toBeNull()
}

const registration = (origin: string, headers: Record<string, string> = {}) =>
  fetch(`${origin}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ redirect_uris: [callback], token_endpoint_auth_method: 'none' }),
  })

describe.each(hosts)('$name', ({ start }) => {
  const now = testClock()
  const events: AuthEvent[] = []
  let host: RunningHost
  let client: RegisteredClient
  beforeAll(async () => {
    host = await start(
      notesApp({
        now,
        events,
        clientAddress: (request) => request.header('x-test-address'),
        rateLimit: memoryRateLimit({
          failuresPerClient: { burst: 3, perMinute: 12 },
          failuresPerAddress: { burst: 6, perMinute: 12 },
          registrations: { burst: 8, perMinute: 6 },
          briefRegistrations: false,
          registrationsPerAddress: { burst: 2, perMinute: 6 },
          pagesPerAddress: { burst: 2, perMinute: 6 },
          authorizationsPerUser: { burst: 2, perMinute: 6 },
          now,
        }),
      }),
    )
    client = await register(host.origin, confidential)
  })
  afterAll(() => host.close())

  const ask = (endpoint: string, credentials: Record<string, string>, headers: Record<string, string> = {}) =>
    postForm(
      `${host.origin}/${endpoint}`,
      { grant_type: 'refresh_token', refresh_token: 'x', token: 'x' },
      { ...credentials, ...headers },
    )
  const wrong = (clientId: string) => basic(clientId, 'x'.repeat(43))

  test('E-25 L-23 too many wrong secrets get a 429, and the client itself continues', async () => {
    events.length = 0
    for (const endpoint of ['token', 'revoke', 'introspect'])
      await expectOAuthError(await ask(endpoint, wrong(client.client_id)), 401, 'invalid_client')
    for (const endpoint of ['token', 'revoke', 'introspect'])
      await expectLimited(await ask(endpoint, wrong(client.client_id)), 5)
    expect(events.at(-2)).toEqual({
      type: 'request.limited',
      endpoint: 'introspect',
      stage: 'failed',
      clientId: client.client_id,
      subject: undefined,
      address: undefined,
      retryAfter: 5,
      hint: expect.stringContaining('"rateLimit"'),
      requestId: events.at(-1)?.requestId,
    })
    expect(events.at(-1)).toMatchObject({
      type: 'request.failed',
      reason: 'rate_limited',
      clientId: client.client_id,
    })

    // The client cannot be locked out: the right secret passes, and so do other clients.
    await expectOAuthError(await ask('token', basicOf(client)), 401, 'invalid_grant')
    expect((await ask('revoke', basicOf(client))).status).toBe(200)
    const other = await register(host.origin, confidential)
    await expectOAuthError(await ask('token', wrong(other.client_id)), 401, 'invalid_client')

    now.advance(5)
    await expectOAuthError(await ask('token', wrong(client.client_id)), 401, 'invalid_client')
  })

  test('E-25 E-28 O-03 an unknown client is counted like a known one', async () => {
    const statuses = []
    for (let i = 0; i < 4; i += 1) statuses.push((await ask('token', wrong('no-such-client'))).status)
    expect(statuses).toEqual([401, 401, 401, 429])
    // The claimed ID is unknown, so events do not repeat it.
    expect(JSON.stringify(events)).not.toContain('no-such-client')
  })

  test('E-25 a client without a secret is told at once to register again', async () => {
    for (let i = 0; i < 10; i += 1) {
      const refused = await postForm(`${host.origin}/token`, { grant_type: 'x', client_id: 'forgotten' })
      await expectOAuthError(refused, 401, 'invalid_client')
    }
  })

  test('E-25 secrets for many clients from one address get a 429, and unreadable ones count', async () => {
    const from = { 'x-test-address': '192.0.2.7' }
    for (let i = 0; i < 5; i += 1)
      await expectOAuthError(await ask('token', wrong(`client-${i}`), from), 401, 'invalid_client')
    const unreadable = { authorization: 'Basic !' }
    await expectOAuthError(await ask('token', unreadable, from), 401, 'invalid_client')
    await expectLimited(await ask('token', unreadable, from), 5)
    await expectLimited(await ask('token', wrong('client-9'), from), 5)
    await expectOAuthError(await ask('token', basicOf(client), from), 401, 'invalid_grant')
    const elsewhere = { 'x-test-address': '192.0.2.8' }
    await expectOAuthError(await ask('token', wrong('client-9'), elsewhere), 401, 'invalid_client')
  })

  test('F-21 L-23 too many registrations from one address, or in total, get a 429', async () => {
    now.advance(1000)
    const from = (address: string) => registration(host.origin, { 'x-test-address': address })
    expect((await from('192.0.2.1')).status).toBe(201)
    expect((await from('192.0.2.1')).status).toBe(201)
    await expectLimited(await from('192.0.2.1'), 10)
    for (let i = 2; i < 8; i += 1) expect((await from(`192.0.2.${i}`)).status).toBe(201)
    await expectLimited(await from('192.0.2.9'), 10)
    await expectLimited(await registration(host.origin), 10)
    now.advance(10)
    expect((await registration(host.origin)).status).toBe(201)
  })

  test('L-23 a 429 is a page for people and JSON for clients', async () => {
    now.advance(1000)
    const browser = new Browser()
    const headers = { 'x-test-address': '192.0.2.1' }
    const url = authorizationUrl(host.origin, client)
    expect((await browser.open(url, { headers })).status).toBe(302)
    expect((await browser.open(url, { headers })).status).toBe(302)
    const refused = await browser.open(url, { headers })
    expect(refused.headers.get('retry-after')).toBe('10')
    expect(await expectErrorPage(refused, 429)).toContain('Wait 10 seconds')
    const toProgram = await fetch(url, { headers: { ...headers, accept: 'application/json' } })
    await expectOAuthError(toProgram, 429, 'temporarily_unavailable')
    const consent = await browser.open(`${host.origin}/consent`, { method: 'POST', headers })
    await expectErrorPage(consent, 429)
    now.advance(10)
    expect((await browser.open(url, { headers })).status).toBe(302)
  })

  test('L-23 a user who authorizes too often is limited, and the client receives the error', async () => {
    now.advance(1000)
    const carol = new Browser('carol')
    const url = authorizationUrl(host.origin, client)
    expect((await carol.open(url)).status).toBe(200)
    expect((await carol.open(url)).status).toBe(200)
    const to = { to: `${callback}?`, issuer: host.origin }
    expectErrorRedirect(await carol.open(url), 'temporarily_unavailable', to)
    expect((await new Browser('alice').open(url)).status).toBe(200)
    now.advance(10)
    expect((await carol.open(url)).status).toBe(200)
  })

  test('L-23 a limited request consumes nothing', async () => {
    now.advance(1000)
    const publicClient = await register(host.origin)
    const tokens = await newTokens(host.origin, publicClient)
    for (let i = 0; i < 4; i += 1) await ask('token', wrong(publicClient.client_id))
    const refreshed = await postForm(`${host.origin}/token`, refreshForm(publicClient, tokens.refresh_token))
    expect(refreshed.status).toBe(200)
  })
})

describe.each(hosts)('refused registrations, on $name', ({ start }) => {
  const token = 'an-initial-access-token-that-is-random'

  async function running(options: NotesAppOptions, check: (origin: string) => Promise<void>): Promise<void> {
    const now = testClock()
    const rateLimit = memoryRateLimit({
      registrations: { burst: 2, perMinute: 6 },
      briefRegistrations: false,
      now,
    })
    const host = await start(notesApp({ now, rateLimit, ...options }))
    try {
      await check(host.origin)
    } finally {
      await host.close()
    }
  }
  const bearer = (value: string) => ({ authorization: `Bearer ${value}` })

  test('F-18 F-21 requests without the initial access token do not use up the limit of its holders', async () => {
    const initialAccessToken = [{ digest: await secretDigest(token) }]
    await running({ dynamicRegistration: { initialAccessToken } }, async (origin) => {
      for (let i = 0; i < 5; i += 1) {
        await expectOAuthError(await registration(origin), 401, 'invalid_token')
        await expectOAuthError(await registration(origin, bearer('wrong')), 401, 'invalid_token')
      }
      for (let i = 0; i < 2; i += 1) expect((await registration(origin, bearer(token))).status).toBe(201)
      // A leaked token cannot fill the store further. Without a token, the response does not mention the limit.
      await expectLimited(await registration(origin, bearer(token)), 10)
      await expectOAuthError(await registration(origin), 401, 'invalid_token')
    })
  })

  test('F-21 invalid metadata does not use up the global limit', () =>
    running({}, async (origin) => {
      const refused = [
        { body: '{}', code: 'invalid_redirect_uri' },
        { body: '[]', code: 'invalid_client_metadata' },
        { body: '{', code: 'invalid_client_metadata' },
        { body: '{"redirect_uris":["https://a.example/#x"]}', code: 'invalid_redirect_uri' },
      ]
      for (const { body, code } of refused) {
        const headers = { 'content-type': 'application/json' }
        await expectOAuthError(
          await fetch(`${origin}/register`, { method: 'POST', headers, body }),
          400,
          code,
        )
      }
      for (let i = 0; i < 2; i += 1) expect((await registration(origin)).status).toBe(201)
      await expectLimited(await registration(origin), 10)
    }))

  test('F-21 an address over its own limit does not use up the global limit', async () => {
    const now = testClock()
    const rateLimit = memoryRateLimit({
      registrations: { burst: 2, perMinute: 6 },
      briefRegistrations: false,
      registrationsPerAddress: { burst: 1, perMinute: 6 },
      now,
    })
    const clientAddress: NotesAppOptions['clientAddress'] = (request) => request.header('x-test-address')
    await running({ now, rateLimit, clientAddress }, async (origin) => {
      const from = (address: string) => registration(origin, { 'x-test-address': address })
      expect((await from('192.0.2.1')).status).toBe(201)
      for (let i = 0; i < 5; i += 1) await expectLimited(await from('192.0.2.1'), 10)
      expect((await from('192.0.2.2')).status).toBe(201)
    })
  })
})

async function during<T>(options: NotesAppOptions, check: (origin: string) => Promise<T>): Promise<T> {
  const host = await anyHost.start(notesApp(options))
  try {
    return await check(host.origin)
  } finally {
    await host.close()
  }
}

describe('a rate limit of the application', () => {
  test('L-23 the limit is called at every stage with what is known at that stage', async () => {
    const moments: RateLimitedMoment[] = []
    const rateLimit: RateLimit = async (moment) => {
      moments.push(moment)
      return { allowed: true }
    }
    const clientAddress = () => '192.0.2.1'
    await during({ rateLimit, clientAddress }, async (origin) => {
      const address = '192.0.2.1'
      const told = () => moments.splice(0).map((moment) => JSON.parse(JSON.stringify(moment)))
      const client = await register(origin, confidential)
      const clientId = client.client_id
      expect(told()).toEqual([
        { endpoint: 'register', stage: 'arrived', address },
        { endpoint: 'register', stage: 'checked', address },
      ])
      await new Browser('alice').open(authorizationUrl(origin, client))
      expect(told()).toEqual([
        { endpoint: 'authorize', stage: 'arrived', address },
        { endpoint: 'authorize', stage: 'authenticated', clientId, subject: 'alice', address },
      ])
      await postForm(`${origin}/token`, { grant_type: 'x' }, basicOf(client))
      expect(told()).toEqual([
        { endpoint: 'token', stage: 'arrived', address },
        { endpoint: 'token', stage: 'authenticated', isConfigured: false, clientId, address },
      ])
      await postForm(`${origin}/introspect`, { token: 'x' }, basic(clientId, 'wrong'))
      expect(told()).toEqual([
        { endpoint: 'introspect', stage: 'arrived', address },
        { endpoint: 'introspect', stage: 'failed', clientId, address },
      ])
      await postForm(`${origin}/token`, { grant_type: 'x', client_id: (await register(origin)).client_id })
      expect(told().map(({ stage }) => stage)).toEqual(['arrived', 'checked', 'arrived'])
    })
  })

  test('L-23 the limit refuses an attempt', async () => {
    const rateLimit: RateLimit = ({ endpoint, stage }) =>
      endpoint === 'token' && stage === 'authenticated' ? { retryAfter: 6.2 } : { allowed: true }
    await during({ rateLimit }, async (origin) => {
      const client = await register(origin, confidential)
      await expectLimited(await postForm(`${origin}/token`, { grant_type: 'x' }, basicOf(client)), 7)
      const failed = await postForm(`${origin}/token`, { grant_type: 'x' }, basic(client.client_id, 'wrong'))
      await expectOAuthError(failed, 401, 'invalid_client')
    })
  })

  test('L-23 the limit refuses an attempt with a promise of another realm', async () => {
    const rateLimit: RateLimit = ({ stage }) =>
      foreignPromise(() => (stage === 'authenticated' ? { retryAfter: 7 } : { allowed: true }))
    await during({ rateLimit }, async (origin) => {
      const client = await register(origin, confidential)
      await expectLimited(await postForm(`${origin}/token`, { grant_type: 'x' }, basicOf(client)), 7)
    })
  })

  test.each<[string, RateLimit]>([
    ['throws', () => Promise.reject(new Error('redis is down'))],
    ['returns nothing', (() => undefined) as () => never],
    ['returns another value', (() => ({ retryAfter: 0 })) as () => never],
  ])('L-20 a limit that %s lets requests pass, and the operator is notified', async (_name, rateLimit) => {
    const events: AuthEvent[] = []
    await during({ rateLimit, events }, async (origin) => {
      events.length = 0
      expect((await registration(origin)).status).toBe(201)
      expect(events[0]).toMatchObject({ type: 'source.unavailable', source: 'rate_limit' })
    })
  })
})

test('L-23 without a rate limit nothing is limited', () =>
  during({ rateLimit: false, now: testClock() }, async (origin) => {
    const client = await register(origin, confidential)
    for (let i = 0; i < 150; i += 1) {
      const refused = await postForm(`${origin}/token`, { grant_type: 'x' }, basic(client.client_id, 'wrong'))
      expect(refused.status).toBe(401)
    }
  }))

test('E-25 by default, the hundredth wrong secret gets a 401 and the next ones a 429', () =>
  during({ now: testClock() }, async (origin) => {
    const client = await register(origin, confidential)
    const statuses: number[] = []
    for (let i = 0; i < 102; i += 1) {
      const refused = await postForm(`${origin}/token`, { grant_type: 'x' }, basic(client.client_id, 'wrong'))
      statuses.push(refused.status)
    }
    expect([statuses.slice(0, 100).every((status) => status === 401), ...statuses.slice(100)]).toEqual([
      true,
      429,
      429,
    ])
  }))

test('L-23 forwarding headers do not count unless the application reads them', () =>
  during(
    {
      now: testClock(),
      rateLimit: memoryRateLimit({ registrationsPerAddress: { burst: 1, perMinute: 1 }, now: testClock() }),
    },
    async (origin) => {
      for (let i = 0; i < 5; i += 1)
        expect((await registration(origin, { 'x-forwarded-for': '192.0.2.1' })).status).toBe(201)
    },
  ))

test.each<[string, () => unknown]>([
  [
    'throws',
    () => {
      throw new Error('no connection')
    },
  ],
  ['returns a promise', async () => '192.0.2.1'],
  ['fails later', () => Promise.reject(new Error('no connection'))],
  ['fails later, in another realm', () => foreignPromise(() => Promise.reject(new Error('no connection')))],
  ['returns no string', () => 7],
])(
  'L-20 a "clientAddress" that %s lets requests pass, and the operator is notified',
  async (_name, answer) => {
    const events: AuthEvent[] = []
    const clientAddress = answer as () => string
    await during({ clientAddress, events }, async (origin) => {
      const unhandled = await unhandledRejections(async () => {
        expect((await registration(origin)).status).toBe(201)
      })
      expect(unhandled).toEqual([])
      expect(events[0]).toMatchObject({ type: 'source.unavailable', source: 'client_address' })
    })
  },
)

describe('warnings when the provider is created', () => {
  const digest = 'x'.repeat(43)
  const told = (options: NotesAppOptions) => {
    const events: AuthEvent[] = []
    const provider = notesProvider('https://notes.example', { events, ...options })
    for (let i = 0; i < 2; i += 1) provider.getRoutes('/mcp')
    return events
  }

  test('F-21 O-05 the provider warns that one address can use up all registrations', () => {
    expect(told({ dynamicRegistration: true })).toEqual([
      { type: 'registration.open', hint: expect.stringContaining('"clientAddress"') },
    ])
  })

  test.each<[string, NotesAppOptions]>([
    ['registration is off', { dynamicRegistration: false }],
    ['registration needs a token', { dynamicRegistration: { initialAccessToken: [{ digest }] } }],
    ['the client address is known', { clientAddress: () => '192.0.2.1' }],
    ['the rate limit is off', { rateLimit: false }],
  ])('F-21 the provider does not warn when %s', (_where, options) => {
    expect(told(options)).toEqual([])
  })

  test('F-21 O-12 a failing listener changes nothing', () => {
    const onEvent = () => {
      throw new Error('the log is full')
    }
    expect(() => notesProvider('https://notes.example', { onEvent })).not.toThrow()
  })
})
