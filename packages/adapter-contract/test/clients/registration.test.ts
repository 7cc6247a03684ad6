import { type AuthEvent, type InitialAccessTokenCheck, secretDigest } from '@tollgate/auth-core'
import { testClock } from '@tollgate/auth-testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectOAuthError, expectOutage } from '../harness/expectations.js'
import { fromJavaScript } from '../harness/from-javascript.js'
import { anyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp, notesProvider } from '../harness/notes-app.js'
import {
  authorizationUrl,
  Browser,
  callback,
  newTokens,
  type RegisteredClient,
  register,
} from '../harness/oauth-driver.js'
import { observedStore } from '../harness/observed-store.js'

const now = testClock()

const redirect_uris = ['https://client.example/cb']

const badRedirectUris: [string, unknown][] = [
  ['an empty list', []],
  ['a relative URI', ['/cb']],
  ['an empty URI', ['']],
  ['a fragment', ['https://client.example/cb#x']],
  ['an empty fragment', ['https://client.example/cb#']],
  ['user information', ['https://user@client.example/cb']],
  ['a password', ['https://:secret@client.example/cb']],
  ['empty user information', ['https://@client.example/cb']],
  ['http beyond loopback', ['http://client.example/cb']],
  ['http on a host that looks like loopback', ['http://localhost.evil.example/cb']],
  ['http on a host that starts like loopback', ['http://127.0.0.1.evil.example/cb']],
  ['a wildcard host', ['https://*.client.example/cb']],
  ['a wildcard path', ['https://client.example/*']],
  ['javascript:', ['javascript:alert(1)']],
  ['JAVASCRIPT:', ['JAVASCRIPT:alert(1)']],
  ['data:', ['data:text/html,x']],
  ['vbscript:', ['vbscript:x']],
  ['file:', ['file:///etc/passwd']],
  ['blob:', ['blob:https://client.example/1']],
  ['about:', ['about:blank']],
  ['view-source:', ['view-source:https://client.example']],
  ['a private-use URI that is not allowed', ['vscode://auth/cb']],
  ['a scheme that starts like an allowed one', ['cursors://auth/cb']],
  ['another place of an allowed scheme', ['cursor://auth/cb2']],
  ['nothing that is allowed', ['vscode://auth/cb', 'http://client.example/cb']],
  ['a space in front', [' https://client.example/cb']],
  ['a tab inside', ['https://client.example/\tcb']],
  ['a line break', ['https://client.example/cb\r\nX: y']],
  ['a backslash', ['https:\\\\evil.example/cb']],
  ['one slash', ['https:/evil.example/cb']],
  ['no slash', ['https:evil.example/cb']],
  ['three slashes', ['https:///evil.example/cb']],
  ['a quote', ['https://client.example/"cb']],
  ['a character outside of ASCII', ['https://client.example/caf\u00e9']],
  ['more than 2048 characters', [`https://client.example/${'x'.repeat(2048)}`]],
  ['a valid and a dangerous URI', ['https://client.example/cb', 'javascript:alert(1)']],
  ['a valid, an omitted and a dangerous URI', ['https://client.example/cb', 'vscode://x/cb', 'data:x']],
  ['a valid and a malformed URI', ['https://client.example/cb', 'https://client.example/cb#x']],
  ['the parameter code', ['https://client.example/cb?code=x']],
  ['the parameter state', ['https://client.example/cb?a=b&state=x']],
  ['the parameter iss', ['https://client.example/cb?iss=x']],
  ['the parameter error', ['https://client.example/cb?error']],
  ['the parameter error_description', ['https://client.example/cb?error_description=x']],
  ['the parameter code, encoded', ['https://client.example/cb?%63ode=x']],
]

const badMetadata: [string, Record<string, unknown>][] = [
  ['a redirect URI instead of a list', { redirect_uris: 'https://client.example/cb' }],
  ['a redirect URI that is a number', { redirect_uris: [7] }],
  ['21 redirect URIs', { redirect_uris: Array.from({ length: 21 }, (_, i) => `https://c.example/${i}`) }],
  ['the implicit grant', { grant_types: ['implicit'] }],
  ['the implicit grant with a code response', { grant_types: ['implicit'], response_types: ['code'] }],
  [
    'nothing but grants that are not here',
    { grant_types: ['password', 'urn:ietf:params:oauth:grant-type:device_code'] },
  ],
  ['client credentials', { grant_types: ['client_credentials'] }],
  ['a token response', { response_types: ['token'] }],
  ['a hybrid response', { response_types: ['code token'] }],
  ['a code response without its grant', { grant_types: ['refresh_token'], response_types: ['code'] }],
  ['a grant instead of a list', { grant_types: 'authorization_code' }],
  ['authentication by certificate', { token_endpoint_auth_method: 'tls_client_auth' }],
  ['authentication by shared key', { token_endpoint_auth_method: 'client_secret_jwt' }],
  ['authentication named like a method', { token_endpoint_auth_method: 'constructor' }],
  ['authentication that is a number', { token_endpoint_auth_method: 7 }],
  ['a name that is a number', { client_name: 7 }],
  ['a name of 201 characters', { client_name: 'x'.repeat(201) }],
  ['a scope that is a list', { scope: ['notes:read'] }],
  ['a javascript: home page', { client_uri: 'javascript:alert(1)' }],
  ['a data: logo', { logo_uri: 'data:image/svg+xml,<svg onload=alert(1)>' }],
  ['terms that are no URL', { tos_uri: 'terms' }],
  ['a policy on ftp', { policy_uri: 'ftp://client.example' }],
  ['tokens that are bound to a key', { dpop_bound_access_tokens: true }],
  ['a text where yes or no is meant', { dpop_bound_access_tokens: 'yes' }],
  ['an application type that is a number', { application_type: 7 }],
  ['contacts that are no list', { contacts: 'a@client.example' }],
]

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  const events: AuthEvent[] = []
  const post = (body: string, type = 'application/json') =>
    fetch(`${host.origin}/register`, { method: 'POST', headers: { 'content-type': type }, body })
  const send = (metadata: unknown) => post(JSON.stringify(metadata))

  beforeAll(async () => {
    host = await start(notesApp({ now, events, allowedRedirectUris: ['cursor://auth/cb'] }))
  })
  afterAll(() => host.close())

  test('F-02 F-05 F-07 a client that registers only redirect URIs is confidential and receives its metadata', async () => {
    events.length = 0
    const response = await send({ redirect_uris })
    expect(response.status).toBe(201)
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    const client = (await response.json()) as { client_id: string }
    expect(client).toEqual({
      client_id: expect.any(String),
      client_id_issued_at: now(),
      client_secret: expect.any(String),
      client_secret_expires_at: 0,
      redirect_uris,
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
    })
    expect(events).toMatchObject([{ type: 'client.registered', clientId: client.client_id }])
  })

  test('F-03 F-24 F-25 identifiers and secrets are random and URL-safe', async () => {
    const clients = await Promise.all(
      Array.from({ length: 5 }, async () => (await send({ redirect_uris })).json()),
    )
    for (const client of clients as Record<string, unknown>[]) {
      // 128 and 256 bits.
      expect(client['client_id']).toMatch(/^[\w-]{22}$/)
      expect(client['client_secret']).toMatch(/^[\w-]{43}$/)
      expect(client['client_secret_expires_at']).toBeTypeOf('number')
    }
    expect(new Set(clients.map((client) => (client as { client_id: string }).client_id)).size).toBe(5)
  })

  test('F-04 F-06 a public client has no secret and no member that is null', async () => {
    const response = await send({ redirect_uris, token_endpoint_auth_method: 'none' })
    const text = await response.text()
    expect(text).not.toContain('null')
    expect(JSON.parse(text)).toEqual({
      client_id: expect.any(String),
      client_id_issued_at: now(),
      redirect_uris,
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    })
  })

  test('F-02 F-16 all supported metadata is stored and returned', async () => {
    const metadata = {
      redirect_uris: [callback, 'https://client.example/cb', 'cursor://auth/cb'],
      client_name: 'Notes <b>&amp; "more" \u00e9\u{1f600}',
      client_uri: 'https://client.example',
      logo_uri: 'https://client.example/logo.png',
      tos_uri: 'http://client.example/tos',
      policy_uri: 'https://client.example/policy',
      contacts: ['a@client.example'],
      software_id: 'notes',
      software_version: '1.2.3',
      application_type: 'native',
      scope: 'notes:read notes:write',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_post',
    }
    expect(await (await send(metadata)).json()).toMatchObject(metadata)
  })

  test('F-19 F-20 no management URL or token is issued, and nothing is served at such a URL', async () => {
    const answered = (await (await send({ redirect_uris: [callback] })).json()) as Record<string, string>
    expect(answered).not.toHaveProperty('registration_client_uri')
    expect(answered).not.toHaveProperty('registration_access_token')
    const { client_id, client_secret } = answered
    for (const method of ['GET', 'PUT', 'DELETE', 'POST']) {
      for (const token of [client_secret, client_id, 'x'.repeat(43)]) {
        const authorization = `Bearer ${token}`
        const managed = await fetch(
          `${host.origin}/register/${client_id}`,
          method === 'PUT' || method === 'POST'
            ? {
                method,
                headers: { authorization, 'content-type': 'application/json' },
                body: JSON.stringify(answered),
              }
            : { method, headers: { authorization } },
        )
        expect([method, managed.status]).toEqual([method, 404])
      }
    }
    const known = await new Browser('alice').open(
      authorizationUrl(host.origin, { ...answered, client_id: client_id ?? '', redirect_uris: [callback] }),
    )
    expect(known.status).toBe(200)
  })

  test('F-12 F-13 F-19 F-23 unsupported metadata and metadata reserved for the server is dropped', async () => {
    const response = await post(`{
      "redirect_uris": ["${callback}"],
      "token_endpoint_auth_method": "none",
      "client_id": "root",
      "client_secret": "chosen",
      "client_id_issued_at": 1,
      "client_secret_expires_at": 1,
      "registration_access_token": "chosen",
      "registration_client_uri": "https://evil.example",
      "software_statement": "eyJhbGciOiJub25lIn0.e30.",
      "secretDigest": "chosen",
      "constructor": {"prototype": {"polluted": true}},
      "__proto__": {"polluted": true, "client_name": "inherited", "scope": "notes:write"},
      "x_unknown": {"a": [1]}
    }`)
    expect(response.status).toBe(201)
    const client = (await response.json()) as Record<string, unknown>
    expect(Object.keys(client).sort()).toEqual([
      'client_id',
      'client_id_issued_at',
      'grant_types',
      'redirect_uris',
      'response_types',
      'token_endpoint_auth_method',
    ])
    expect(client['client_id']).not.toBe('root')
    expect(client['client_id_issued_at']).toBe(now())
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  test('F-02 a name is stored without invisible and bidirectional characters, and not at all if empty', async () => {
    const named = async (client_name: string) =>
      (await send({ redirect_uris, client_name })).json() as Promise<{ client_name?: string }>
    expect((await named(' \u202eNote\u0000 taker\u200b\r\n ')).client_name).toBe('Note taker')
    // As blank as a page between two halves of a sentence, whichever blanks they are.
    for (const blank of [' ', '\u00a0', '\u3000', '\u2003', '\u2028', '\u2800'])
      expect((await named(`Note${blank.repeat(150)}taker`)).client_name).toBe('Note taker')
    expect(await named('')).not.toHaveProperty('client_name')
    expect(await named('\u200b \u2066')).not.toHaveProperty('client_name')
    // Letters, accents and symbols that nobody sees.
    for (const blank of ['\u3164', '\u115f\u1160', '\u2800 \u2800', '\u0301', '\ufe0f'])
      expect(await named(blank)).not.toHaveProperty('client_name')
    for (const name of ['ノート', 'हिन्दी', '❤', 'e\u0301']) expect((await named(name)).client_name).toBe(name)
  })

  test('F-17 only tokens without key binding are offered', async () => {
    const response = await send({ redirect_uris, dpop_bound_access_tokens: false })
    expect(response.status).toBe(201)
    expect(await response.json()).not.toHaveProperty('dpop_bound_access_tokens')
  })

  test('F-13 a registered scope is returned without unknown scopes', async () => {
    expect(await (await send({ redirect_uris, scope: 'notes:read admin notes:read' })).json()).toMatchObject({
      scope: 'notes:read',
    })
    expect(await (await send({ redirect_uris, scope: 'admin' })).json()).not.toHaveProperty('scope')
  })

  test('F-15 F-26 empty links count as omitted, and repeated entries as one', async () => {
    const response = await send({
      redirect_uris: [...redirect_uris, ...redirect_uris],
      grant_types: ['authorization_code', 'refresh_token', 'authorization_code'],
      response_types: ['code', 'code'],
      client_uri: '',
      logo_uri: '',
    })
    expect(response.status).toBe(201)
    const client = (await response.json()) as Record<string, unknown>
    expect(client).toMatchObject({
      redirect_uris,
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    })
    expect(client).not.toHaveProperty('client_uri')
    expect(client).not.toHaveProperty('logo_uri')
  })

  test('F-08 only a client that needs no redirect URI can omit it', async () => {
    await expectOAuthError(await send({}), 400, 'invalid_redirect_uri')
    const none = await send({ grant_types: ['refresh_token'] })
    expect(none.status).toBe(201)
    expect(await none.json()).toMatchObject({ redirect_uris: [], response_types: [] })
  })

  test.each([
    'application/x-www-form-urlencoded',
    'text/plain',
    'application/jsonp',
    'text/json',
    'application/json, text/plain',
  ])('F-01 a body called %s is refused', async (type) => {
    const refused = await post(JSON.stringify({ redirect_uris }), type)
    await expectOAuthError(refused, 400, 'invalid_client_metadata')
  })

  test('F-01 the content type can have parameters and capitals', async () => {
    const body = JSON.stringify({ redirect_uris })
    expect((await post(body, 'Application/JSON; charset=utf-8')).status).toBe(201)
  })

  test.each(['null', '[]', '7', '"x"', 'true', '', '{', '{"redirect_uris":', 'redirect_uris=x'])(
    'F-22 the body %j is refused',
    async (body) => {
      await expectOAuthError(await post(body), 400, 'invalid_client_metadata')
    },
  )

  test.each(['GET', 'PUT', 'DELETE'])('F-01 a registration by %s is refused', async (method) => {
    const refused = await fetch(`${host.origin}/register`, { method })
    expect(refused.headers.get('allow')).toBe('POST, OPTIONS')
    await expectOAuthError(refused, 405, 'invalid_request')
  })

  test('F-02 a registered client can be used at once', async () => {
    const client = await (
      await send({
        redirect_uris: [callback],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'none',
      })
    ).json()
    expect((await newTokens(host.origin, client as never)).access_token).toBeTypeOf('string')
  })
})

describe('lifetime of a registration', () => {
  const day = 24 * 3600
  async function expectKnown(origin: string, client: RegisteredClient, isKnown: boolean) {
    const answer = await new Browser('alice').open(authorizationUrl(origin, client))
    expect(answer.status).toBe(isKnown ? 200 : 400)
  }

  test('F-21 an unused registration expires after a day, and a used one lives on', async () => {
    const clock = testClock()
    const host = await anyHost.start(notesApp({ now: clock }))
    const unused = await register(host.origin)
    const used = await register(host.origin)
    clock.advance(day - 1)
    await newTokens(host.origin, used)
    await expectKnown(host.origin, unused, true)
    clock.advance(1)
    await expectKnown(host.origin, unused, false)

    clock.advance(364 * day)
    await newTokens(host.origin, used)
    clock.advance(364 * day)
    await expectKnown(host.origin, used, true)
    clock.advance(day)
    await expectKnown(host.origin, used, false)
    await host.close()
  })
})

describe('size of a registration', () => {
  const largestBody = 16_384
  const largestMetadata = 4096
  const modulus = `v${'x'.repeat(682)}`
  const uris = (count: number, length: number) =>
    Array.from({ length: count }, (_, i) => `https://${i}.example/`.padEnd(length, 'x'))
  /** Each nearly fills a registration with what it is about. */
  const large: [string, Record<string, unknown>][] = [
    ['redirect URIs', { redirect_uris: uris(20, 190) }],
    ['contacts', { redirect_uris: uris(1, 70), contacts: Array.from({ length: 7 }, () => 'ü'.repeat(250)) }],
    ['escapes', { redirect_uris: uris(1, 70), software_id: '\u0001'.repeat(600) }],
    [
      'keys',
      {
        redirect_uris: uris(4, 60),
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: {
          keys: Array.from({ length: 4 }, (_, i) => ({ kty: 'RSA', n: modulus, e: 'AQAB', kid: `${i}` })),
        },
      },
    ],
  ]
  const post = (origin: string, body: string) =>
    fetch(`${origin}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
  /** The bytes stored of the metadata. The server adds the rest of the response. */
  async function keptOf(response: Response): Promise<number> {
    expect(response.status).toBe(201)
    const { client_id, client_id_issued_at, client_secret, client_secret_expires_at, ...kept } =
      (await response.json()) as RegisteredClient
    return Buffer.byteLength(JSON.stringify(kept))
  }

  test.each(large)(
    'F-21 F-22 the largest registration with many %s stores less than 4.5 KiB, and a larger one is refused',
    async (_what, metadata) => {
      const store = observedStore()
      const host = await anyHost.start(notesApp({ store }))
      const filled = (length: number) => JSON.stringify({ ...metadata, software_version: 'v'.repeat(length) })
      const room = largestMetadata - (await keptOf(await post(host.origin, filled(0))))
      expect(room).toBeLessThan(1024)
      const before = store.written.length
      await expectOAuthError(await post(host.origin, filled(room + 1)), 400, 'invalid_client_metadata')
      expect(store.written).toHaveLength(before)
      expect(await keptOf(await post(host.origin, filled(room)))).toBe(largestMetadata)
      const written = Buffer.byteLength(store.written.slice(before).join(''))
      expect(written).toBeGreaterThan(largestMetadata)
      expect(written).toBeLessThan(4.5 * 1024)
      await host.close()
    },
  )

  test('F-21 F-22 metadata that is not stored may be as large as the body', async () => {
    const host = await anyHost.start(notesApp())
    const metadata = Object.fromEntries(large)['keys']
    const withCertificates = (length: number) => JSON.stringify({ ...metadata, x: 'x'.repeat(length) })
    const room = largestBody - Buffer.byteLength(withCertificates(0))
    await expectOAuthError(
      await post(host.origin, withCertificates(room + 1)),
      413,
      'invalid_client_metadata',
    )
    expect(await keptOf(await post(host.origin, withCertificates(room)))).toBeLessThan(largestMetadata)
    await host.close()
  })
})

describe('refused metadata', () => {
  let host: RunningHost
  const send = (metadata: unknown) =>
    fetch(`${host.origin}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(metadata),
    })
  beforeAll(async () => {
    host = await anyHost.start(notesApp({ allowedRedirectUris: ['cursor://auth/cb'] }))
  })
  afterAll(() => host.close())

  test.each(badRedirectUris)(
    'F-08 F-09 F-10 a registration is refused for its redirect URIs: %s',
    async (_name, uris) => {
      await expectOAuthError(await send({ redirect_uris: uris }), 400, 'invalid_redirect_uri')
    },
  )

  test.each(badMetadata)(
    'F-07 F-11 F-15 F-16 F-17 F-26 a registration with %s is refused',
    async (_name, metadata) => {
      await expectOAuthError(await send({ redirect_uris, ...metadata }), 400, 'invalid_client_metadata')
    },
  )
})

describe('options of registration', () => {
  test('without dynamic registration there is no endpoint', async () => {
    const host = await anyHost.start(notesApp({ dynamicRegistration: false }))
    const response = await fetch(`${host.origin}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris }),
    })
    expect(response.status).toBe(404)
    await host.close()
  })

  test('F-09 private-use redirect URIs are refused unless the operator allows them', async () => {
    const host = await anyHost.start(notesApp())
    const send = (uri: string) =>
      fetch(`${host.origin}/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ redirect_uris: [uri] }),
      })
    await expectOAuthError(await send('cursor://auth/cb'), 400, 'invalid_redirect_uri')
    await expectOAuthError(await send('com.example.app:/cb'), 400, 'invalid_redirect_uri')
    for (const uri of ['http://localhost/cb', 'http://[::1]:1/cb', 'http://127.0.0.1:2/cb?x=y']) {
      expect((await send(uri)).status).toBe(201)
    }
    await host.close()
  })

  test('E-11 F-12 the secret and unsupported metadata are not stored', async () => {
    const store = observedStore()
    const host = await anyHost.start(notesApp({ store }))
    const response = await fetch(`${host.origin}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris, x_unknown: 'marker', software_statement: 'marker' }),
    })
    const { client_secret, client_id } = (await response.json()) as Record<string, string>
    const written = store.written.join('\n')
    expect(written).toContain(client_id)
    expect(client_secret).toMatch(/^[\w-]{43}$/)
    expect(written).not.toContain(client_secret)
    expect(written).not.toContain('marker')
    await host.close()
  })
})

describe.each(hosts)('F-18 registration with an initial access token, on $name', ({ start }) => {
  const token = 'an-initial-access-token-that-is-random'
  const send = (origin: string, authorization?: string, body: unknown = { redirect_uris }) =>
    fetch(`${origin}/register`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(authorization === undefined ? {} : { authorization }),
      },
      body: JSON.stringify(body),
    })

  test('F-18 only holders of the token can register, as often as they like', async () => {
    const now = testClock()
    const initialAccessToken = [
      { digest: await secretDigest('x'.repeat(40)) },
      { digest: await secretDigest(token), expiresAt: now() + 60 },
    ]
    const host = await start(notesApp({ now, dynamicRegistration: { initialAccessToken } }))
    const missing = await send(host.origin)
    await expectOAuthError(missing.clone(), 401, 'invalid_token')
    expect(missing.headers.get('www-authenticate')).toBe('Bearer')
    for (const wrong of ['Bearer wrong', 'Bearer ', `Bearer ${token} ${token}`, `Bearer ${token}x`]) {
      const refused = await send(host.origin, wrong)
      await expectOAuthError(refused.clone(), 401, 'invalid_token')
      expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/)
    }
    await expectOAuthError(await send(host.origin, `Bearer ${token}`, {}), 400, 'invalid_redirect_uri')
    expect((await send(host.origin, `Bearer ${token}`)).status).toBe(201)
    expect((await send(host.origin, `bearer ${token}`)).status).toBe(201)
    now.advance(60)
    await expectOAuthError(await send(host.origin, `Bearer ${token}`), 401, 'invalid_token')
    await host.close()
  })

  test('F-18 the application decides which tokens are valid, and its failure is an outage', async () => {
    const host = await start(
      notesApp({
        dynamicRegistration: {
          async initialAccessToken(one) {
            if (one === 'outage') throw new Error('the database is down')
            return one === 'forgotten' ? fromJavaScript<boolean>(undefined) : one === token
          },
        },
      }),
    )
    expect((await send(host.origin, `Bearer ${token}`)).status).toBe(201)
    await expectOAuthError(await send(host.origin, 'Bearer other'), 401, 'invalid_token')
    await expectOutage(await send(host.origin, 'Bearer outage'))
    await expectOutage(await send(host.origin, 'Bearer forgotten'))
    await host.close()
  })

  test('F-18 an answer that is not a boolean registers no client and is an outage', async () => {
    const answers: Record<string, unknown> = { text: 'no', object: { ok: false }, number: 1, yes: true }
    const check = (one: string) => answers[one]
    const initialAccessToken = check as InitialAccessTokenCheck
    const host = await start(notesApp({ dynamicRegistration: { initialAccessToken } }))
    for (const one of ['text', 'object', 'number'])
      await expectOutage(await send(host.origin, `Bearer ${one}`))
    expect((await send(host.origin, 'Bearer yes')).status).toBe(201)
    await host.close()
  })
})

test.each([
  ['nothing', {}],
  ['an empty list', { initialAccessToken: [] }],
  ['the token itself', { initialAccessToken: ['a-token'] }],
  ['the token as a digest', { initialAccessToken: [{ digest: 'a-token' }] }],
  [
    'a token without an end or with a past end',
    { initialAccessToken: [{ digest: 'x'.repeat(43), expiresAt: 0 }] },
  ],
  [
    'a token whose end is misspelled',
    { initialAccessToken: [{ digest: 'x'.repeat(43), expires: 1_800_000_000 }] },
  ],
])('O-06 an initial access token of %s is an invalid option', (_name, dynamicRegistration) => {
  expect(() =>
    notesProvider('https://a.example', { dynamicRegistration: dynamicRegistration as never }),
  ).toThrow(/^(?:OAuthProvider: )?"dynamicRegistration\.initialAccessToken/)
})
