import { createHash, randomBytes } from 'node:crypto'
import { type AuthEvent, encryptedStore, JWTVerifier, OAuthError, TokenHandler } from '@tollgate/auth-core'
import { decodeToken, testClock } from '@tollgate/auth-testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basic, basicOf, withSecret } from '../harness/credentials.js'
import { expectOAuthError } from '../harness/expectations.js'
import { anyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp, notesProvider } from '../harness/notes-app.js'
import {
  authorizationUrl,
  Browser,
  callback,
  callMcp,
  challenge,
  codeForm,
  newCode,
  newTokens,
  postForm,
  type RegisteredClient,
  refreshForm,
  register,
  type Tokens,
  verifier,
} from '../harness/oauth-driver.js'
import { observedStore } from '../harness/observed-store.js'
import { slowStore } from '../harness/slow-store.js'
import { digest } from '../harness/static-clients.js'

type Form = Record<string, string | readonly string[]>

/** Invalid redemptions and the response to each. */
const mistakes: [string, Form, number, string][] = [
  ['another redirect URI', { redirect_uri: 'https://evil.example/cb' }, 401, 'invalid_grant'],
  [
    'the registered redirect URI with another port',
    { redirect_uri: 'http://127.0.0.1:7778/callback' },
    401,
    'invalid_grant',
  ],
  ['no verifier', { code_verifier: [] }, 400, 'invalid_request'],
  ['an empty verifier', { code_verifier: '' }, 400, 'invalid_request'],
  ['another verifier', { code_verifier: 'x'.repeat(43) }, 401, 'invalid_grant'],
  ['the challenge as verifier', { code_verifier: challenge }, 401, 'invalid_grant'],
  ['a verifier of 42 characters', { code_verifier: verifier.slice(1) }, 401, 'invalid_grant'],
  ['a verifier of 129 characters', { code_verifier: 'x'.repeat(129) }, 401, 'invalid_grant'],
  ['a verifier with a space', { code_verifier: `${verifier} ` }, 401, 'invalid_grant'],
  ['an unknown resource', { resource: 'https://evil.example/mcp' }, 400, 'invalid_target'],
  ['a resource with a fragment', { resource: 'https://evil.example/mcp#x' }, 400, 'invalid_target'],
  ['a scope that was not granted', { scope: 'notes:read notes:write' }, 400, 'invalid_scope'],
  ['a scope with a quote', { scope: '"' }, 400, 'invalid_scope'],
  ['no code', { code: [] }, 400, 'invalid_request'],
  ['an unknown code', { code: 'x'.repeat(43) }, 401, 'invalid_grant'],
  ['no grant type', { grant_type: [] }, 400, 'invalid_request'],
  ['the password grant', { grant_type: 'password' }, 400, 'unsupported_grant_type'],
  ['a grant type named like a method', { grant_type: 'constructor' }, 400, 'unsupported_grant_type'],
  ['an unknown client', { client_id: 'nobody' }, 401, 'invalid_client'],
  ['no client', { client_id: [] }, 401, 'invalid_client'],
  ['two grant types', { grant_type: ['authorization_code', 'refresh_token'] }, 400, 'invalid_request'],
  ['two clients', { client_id: ['nobody', 'somebody'] }, 400, 'invalid_request'],
  ['two verifiers', { code_verifier: [verifier, verifier] }, 400, 'invalid_request'],
  ['two redirect URIs', { redirect_uri: [callback, callback] }, 400, 'invalid_request'],
  ['two codes', { code: ['a', 'b'] }, 400, 'invalid_request'],
  ['an unknown parameter twice', { foo: ['a', 'b'] }, 400, 'invalid_request'],
]

const now = testClock()

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  let client: RegisteredClient
  const events: AuthEvent[] = []
  const send = (form: Form | string, headers?: Record<string, string>) =>
    postForm(`${host.origin}/token`, form, headers)

  beforeAll(async () => {
    host = await start(notesApp({ now, events }))
    client = await register(host.origin)
  })
  afterAll(() => host.close())

  test('D-07 D-10 D-19 a code is exchanged for tokens that the resource accepts', async () => {
    const response = await send(codeForm(client, await newCode(host.origin, client)))
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('pragma')).toBe('no-cache')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    const tokens = (await response.json()) as Tokens
    expect(tokens).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'notes:read',
      refresh_token: expect.stringMatching(/^[\w-]{22}\.[\w-]{43}$/),
    })
    const answer = await callMcp(host.origin, tokens.access_token)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({
      clientId: client.client_id,
      subject: 'alice',
      scopes: ['notes:read'],
      resource: `${host.origin}/mcp`,
    })
    expect(events.at(-1)).toMatchObject({
      type: 'tokens.issued',
      grantType: 'authorization_code',
      clientId: client.client_id,
      subject: 'alice',
      scopes: ['notes:read'],
      grantId: decodeToken(tokens.access_token).claims['token_family'],
    })
  })

  test('C-24 D-34 the code of another client is refused and stays valid for its own client', async () => {
    const other = await register(host.origin)
    const form = codeForm(client, await newCode(host.origin, client))
    await expectOAuthError(await send({ ...form, client_id: other.client_id }), 401, 'invalid_grant')
    const tokens = await send(form)
    expect(tokens.status).toBe(200)

    // Another client cannot do harm with a consumed code either.
    await expectOAuthError(await send({ ...form, client_id: other.client_id }), 401, 'invalid_grant')
    expect((await callMcp(host.origin, ((await tokens.json()) as Tokens).access_token)).status).toBe(200)
  })

  test('C-24 D-35 the redirect URI can be omitted', async () => {
    const form: Form = { ...codeForm(client, await newCode(host.origin, client)), redirect_uri: [] }
    expect((await send(form)).status).toBe(200)
  })

  test('D-06 empty and unknown parameters are ignored', async () => {
    const form = codeForm(client, await newCode(host.origin, client))
    const extra = { scope: '', resource: '', nonce: 'x', 'code[]': 'x', __proto__x: '1' }
    expect((await send({ ...form, ...extra })).status).toBe(200)
  })

  test.each([
    'application/x-www-form-urlencoded;charset=UTF-8',
    'APPLICATION/X-WWW-FORM-URLENCODED ; foo="bar"',
  ])('D-02 the media type can be spelled %s', async (type) => {
    const form = codeForm(client, await newCode(host.origin, client))
    expect((await send(form, { 'content-type': type })).status).toBe(200)
  })

  test.each([
    'application/json',
    'application/json, application/x-www-form-urlencoded',
    'application/x-www-form-urlencoded, application/json',
    'application/x-www-form-urlencodedx',
    'text/plain',
    'multipart/form-data; boundary=x',
    'nonsense',
  ])('D-02 a body called %s is refused, and the code stays valid', async (type) => {
    const form = codeForm(client, await newCode(host.origin, client))
    await expectOAuthError(await send(form, { 'content-type': type }), 400, 'invalid_request')
    const json = JSON.stringify(form)
    await expectOAuthError(await send(json, { 'content-type': type }), 400, 'invalid_request')
    expect((await send(form)).status).toBe(200)
  })

  test('D-32 a verifier that is too short or malformed is refused even if it matches the challenge', async () => {
    for (const [code_verifier, status] of [
      ['x'.repeat(42), 401],
      ['x'.repeat(129), 401],
      [`${'x'.repeat(42)}+`, 401],
      ['x'.repeat(43), 200],
      ['x'.repeat(128), 200],
    ] as const) {
      const code_challenge = createHash('sha256').update(code_verifier).digest('base64url')
      const code = await newCode(host.origin, client, { code_challenge })
      expect((await send({ ...codeForm(client, code), code_verifier })).status, code_verifier).toBe(status)
    }
  })

  test('D-02 a request without a body is refused', async () => {
    const response = await fetch(`${host.origin}/token`, { method: 'POST' })
    await expectOAuthError(response, 400, 'invalid_request')
  })

  test('D-03 E-27 the query is not read', async () => {
    const form = codeForm(client, await newCode(host.origin, client))
    const query = new URLSearchParams(form).toString()
    const empty = await postForm(`${host.origin}/token?${query}`, '')
    await expectOAuthError(empty, 401, 'invalid_client')
    const { code, ...rest } = form
    const split = await postForm(`${host.origin}/token?code=${code}`, rest)
    await expectOAuthError(split, 400, 'invalid_request')
    // A parameter in the query does not count as a repetition.
    expect((await postForm(`${host.origin}/token?${query}&code=x`, form)).status).toBe(200)
  })

  test.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'])(
    'D-01 D-08 a request by %s is refused',
    async (method) => {
      const form = codeForm(client, await newCode(host.origin, client))
      const url = `${host.origin}/token?${new URLSearchParams(form)}`
      const refused = await fetch(url, { method })
      expect(refused.status).toBe(405)
      expect(refused.headers.get('allow')).toBe('POST, OPTIONS')
      if (method !== 'HEAD') await expectOAuthError(refused, 405, 'invalid_request')
      expect((await send(form)).status).toBe(200)
    },
  )

  test('C-23 D-30 a code is valid for less than 60 seconds', async () => {
    const inTime = codeForm(client, await newCode(host.origin, client))
    now.advance(59)
    expect((await send(inTime)).status).toBe(200)
    const late = codeForm(client, await newCode(host.origin, client))
    now.advance(60)
    await expectOAuthError(await send(late), 401, 'invalid_grant')
    expect(events.at(-1)).toMatchObject({ type: 'request.failed', reason: 'code_expired' })
  })

  test('D-36 N-01 D-37 a code is redeemed once under 50 parallel requests', async () => {
    const code = await newCode(host.origin, client)
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => postForm(`${host.origin}/token`, codeForm(client, code))),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(49)
    const winner = (await answers.find(({ status }) => status === 200)?.json()) as Tokens
    expect((await callMcp(host.origin, winner.access_token)).status).toBe(401)
    await expectOAuthError(await send(refreshForm(client, winner.refresh_token)), 401, 'invalid_grant')
  })

  test('D-37 N-02 a replayed code revokes its tokens', async () => {
    const form = codeForm(client, await newCode(host.origin, client))
    const first = (await (await send(form)).json()) as Tokens
    const refreshed = (await (await send(refreshForm(client, first.refresh_token))).json()) as Tokens
    expect((await callMcp(host.origin, refreshed.access_token)).status).toBe(200)

    // Even when the code would have expired by now.
    now.advance(300)
    await expectOAuthError(await send(form), 401, 'invalid_grant')
    expect(events.some(({ type }) => type === 'code.replayed')).toBe(true)
    expect((await callMcp(host.origin, first.access_token)).status).toBe(401)
    expect((await callMcp(host.origin, refreshed.access_token)).status).toBe(401)
    await expectOAuthError(await send(refreshForm(client, refreshed.refresh_token)), 401, 'invalid_grant')
  })

  test('D-37 a code alone revokes nothing', async () => {
    const form = codeForm(client, await newCode(host.origin, client))
    const tokens = (await (await send(form)).json()) as Tokens
    await expectOAuthError(await send({ ...form, code_verifier: 'x'.repeat(43) }), 401, 'invalid_grant')
    await expectOAuthError(await send({ ...form, code_verifier: [] }), 400, 'invalid_request')
    expect((await callMcp(host.origin, tokens.access_token)).status).toBe(200)
  })

  test('D-38 D-13 a client not registered for refresh tokens gets and redeems none', async () => {
    const modest = await register(host.origin, { grant_types: ['authorization_code'] })
    const response = await send(codeForm(modest, await newCode(host.origin, modest)))
    const tokens = (await response.json()) as Tokens
    expect(Object.keys(tokens).sort()).toEqual(['access_token', 'expires_in', 'scope', 'token_type'])
    await expectOAuthError(
      await send(refreshForm(modest, (await newTokens(host.origin, client)).refresh_token)),
      400,
      'unauthorized_client',
    )
  })

  test('D-12 E-05 an unauthenticated client does not consume a code', async () => {
    const confidential = await register(host.origin, { token_endpoint_auth_method: 'client_secret_post' })
    const form = codeForm(confidential, await newCode(host.origin, confidential))
    await expectOAuthError(await send({ ...form, client_secret: 'wrong' }), 401, 'invalid_client')
    await expectOAuthError(await send(form), 401, 'invalid_client')
    const wrong = basic(confidential.client_id, 'wrong')
    await expectOAuthError(await send(form, wrong), 401, 'invalid_client')
    expect((await send(withSecret(confidential, form))).status).toBe(200)
  })

  test('D-17 D-18 D-40 the access token is for the resource and has the claims of RFC 9068', async () => {
    const { access_token } = await newTokens(host.origin, client, { scope: 'notes:read notes:write' })
    const { header, claims } = decodeToken(access_token)
    expect(header).toEqual({ alg: 'ES256', kid: expect.stringMatching(/^[\w-]{43}$/), typ: 'at+jwt' })
    expect(claims).toEqual({
      iss: host.origin,
      sub: 'alice',
      aud: `${host.origin}/mcp`,
      client_id: client.client_id,
      scope: 'notes:read notes:write',
      iat: now(),
      exp: now() + 3600,
      jti: expect.stringMatching(/^[\w-]{36}$/),
      token_family: expect.stringMatching(/^[\w-]{43}$/),
    })
    const another = decodeToken((await newTokens(host.origin, client)).access_token)
    expect(another.claims['jti']).not.toBe(claims['jti'])
    expect(another.header).toEqual(header)
  })

  test('D-18 a separate resource server verifies the token with the published keys', async () => {
    const { access_token } = await newTokens(host.origin, client)
    const elsewhere = new JWTVerifier({ issuer: host.origin, jwksUri: `${host.origin}/jwks`, now })
    const resource = `${host.origin}/mcp`
    expect(await elsewhere.verifyToken(access_token, { resource })).toMatchObject({
      clientId: client.client_id,
      subject: 'alice',
      scopes: ['notes:read'],
      expiresAt: now() + 3600,
    })
    expect(await elsewhere.verifyToken(access_token, { resource: `${host.origin}/other` })).toBeNull()
    expect(await elsewhere.verifyToken(access_token, { resource: host.origin })).toBeNull()
    const [head, body, signature = ''] = access_token.split('.')
    const forged = `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
    expect(await elsewhere.verifyToken(forged, { resource })).toBeNull()
    const discovered = new JWTVerifier({ issuer: host.origin, now })
    expect(await discovered.verifyToken(access_token, { resource })).not.toBeNull()
  })

  test('D-19 the access token expires on time', async () => {
    const { access_token, expires_in } = await newTokens(host.origin, client)
    now.advance(expires_in - 1)
    expect((await callMcp(host.origin, access_token)).status).toBe(200)
    now.advance(1)
    expect((await callMcp(host.origin, access_token)).status).toBe(401)
  })
})

describe('refused redemptions', () => {
  let host: RunningHost
  let client: RegisteredClient
  const send = (form: Form) => postForm(`${host.origin}/token`, form)
  beforeAll(async () => {
    host = await anyHost.start(notesApp())
    client = await register(host.origin)
  })
  afterAll(() => host.close())

  test.each(mistakes)(
    'D-04 D-05 D-08 D-16 D-30 D-31 D-32 D-35 D-39 N-09 %s is refused, and the code stays valid',
    async (_name, changes, status, error) => {
      const form = codeForm(client, await newCode(host.origin, client))
      await expectOAuthError(await send({ ...form, ...changes }), status, error)
      expect((await send(form)).status).toBe(200)
    },
  )
})

describe('resources', () => {
  let host: RunningHost
  let client: RegisteredClient
  const rs = 'https://rs.example'
  const send = (form: Form) => postForm(`${host.origin}/token`, form)
  beforeAll(async () => {
    host = await anyHost.start(notesApp({ resources: [rs] }))
    client = await register(host.origin)
  })
  afterAll(() => host.close())

  test('D-16 D-17 a code for several resources gives a token for the named one', async () => {
    const both = { resource: [rs, `${host.origin}/mcp`] }
    const form = codeForm(client, await newCode(host.origin, client, both))
    await expectOAuthError(await send(form), 400, 'invalid_target')
    await expectOAuthError(await send({ ...form, ...both }), 400, 'invalid_target')
    await expectOAuthError(await send({ ...form, resource: `${rs}/mcp` }), 400, 'invalid_target')
    const tokens = (await (await send({ ...form, resource: 'https://RS.example:443/' })).json()) as Tokens
    expect(decodeToken(tokens.access_token).claims['aud']).toBe(rs)
    // Its status is not what matters here.
    expect((await callMcp(host.origin, tokens.access_token)).status).toBe(401)
  })

  test('D-16 D-40 a token cannot be for a known resource that was not authorized', async () => {
    const form = codeForm(client, await newCode(host.origin, client, { resource: rs }))
    await expectOAuthError(await send({ ...form, resource: `${host.origin}/mcp` }), 400, 'invalid_target')
    const tokens = (await (await send(form)).json()) as Tokens
    expect(decodeToken(tokens.access_token).claims['aud']).toBe(rs)
  })

  test('D-16 the same resource twice counts once', async () => {
    const form = codeForm(client, await newCode(host.origin, client, { resource: rs }))
    expect((await send({ ...form, resource: [rs, `${rs}/`] })).status).toBe(200)
  })
})

describe('stored records and responses', () => {
  test('D-20 E-11 N-04 no usable secret is stored in plain text', async () => {
    const store = observedStore()
    const host = await anyHost.start(notesApp({ store }))
    const client = await register(host.origin, { token_endpoint_auth_method: 'client_secret_basic' })
    const browser = new Browser('alice')
    const page = await (await browser.open(authorizationUrl(host.origin, client))).text()
    const allowed = await browser.answer(host.origin, page, 'allow')
    const code = new URL(allowed.headers.get('location') ?? '').searchParams.get('code') ?? ''
    const send = (form: Form) => postForm(`${host.origin}/token`, form, basicOf(client))
    const first = (await (await send(codeForm(client, code))).json()) as Tokens
    const second = (await (await send(refreshForm(client, first.refresh_token))).json()) as Tokens

    const written = store.written.join('\n')
    for (const secret of [
      client.client_secret,
      code,
      verifier,
      ...[first, second].flatMap((tokens) => [tokens.access_token, tokens.refresh_token]),
      ...browser.cookies.values(),
      /name="transaction" value="([^"]+)"/.exec(page)?.[1],
    ].filter((one) => one !== 'alice')) {
      expect(secret).toMatch(/.{20}/)
      expect(written).not.toContain(secret)
    }
    // The test would see secrets: other values are there.
    expect(written).toContain(client.client_id)
    await host.close()
  })

  test('N-14 D-20 an encrypted store reveals nothing, and a new encryption key revokes nothing', async () => {
    const inner = observedStore()
    const oldKey = { id: '2026', key: randomBytes(32) }
    const newKey = { id: '2027', key: randomBytes(32) }
    const host = await anyHost.start(notesApp({ store: encryptedStore(inner, { keys: [oldKey] }) }))
    const client = await register(host.origin)
    const tokens = await newTokens(host.origin, client)
    expect((await callMcp(host.origin, tokens.access_token)).status).toBe(200)

    // The same server, restarted with another encryption key.
    const rotated = encryptedStore(inner, { keys: [newKey, oldKey] })
    const provider = notesProvider(host.origin, { store: rotated })
    const later = await anyHost.start(() => ({ provider }))
    const next = await postForm(`${later.origin}/token`, refreshForm(client, tokens.refresh_token))
    expect(next.status).toBe(200)
    expect((await callMcp(later.origin, tokens.access_token)).status).toBe(200)
    const written = inner.written.join('\n')
    expect(written).toContain('e1.2026.')
    expect(written).toContain('e1.2027.')
    for (const known of ['alice', 'Test client', client.client_id, 'notes:read', '"d"', '"kty"']) {
      expect(written).not.toContain(known)
    }
    await Promise.all([host, later].map((running) => running.close()))
  })

  test('D-36 D-37 N-01 a code is redeemed once even if 50 requests all read it as unused', async () => {
    const store = observedStore()
    const host = await anyHost.start(notesApp({ store: slowStore(store) }))
    const client = await register(host.origin)
    const form = codeForm(client, await newCode(host.origin, client))
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => postForm(`${host.origin}/token`, form)),
    )
    const winners = answers.filter(({ status }) => status === 200)
    expect(winners).toHaveLength(1)
    const { access_token } = (await (winners[0] as Response).json()) as Tokens
    expect((await callMcp(host.origin, access_token)).status).toBe(401)
    // Tokens prepared for the other requests are not left behind.
    expect(await store.count('family')).toBe(0)
    await host.close()
  })

  test('D-39 D-54 a narrower scope gives a narrower access token', async () => {
    const host = await anyHost.start(notesApp())
    const client = await register(host.origin)
    const code = await newCode(host.origin, client, { scope: 'notes:read notes:write' })
    const narrow = await postForm(`${host.origin}/token`, { ...codeForm(client, code), scope: 'notes:read' })
    const tokens = (await narrow.json()) as Tokens
    expect(tokens.scope).toBe('notes:read')
    expect(decodeToken(tokens.access_token).claims['scope']).toBe('notes:read')
    await host.close()
  })

  test('D-09 a token without scopes has no scope member, and no member is null', async () => {
    const host = await anyHost.start(notesApp({ requiredScopes: [], scopesSupported: [] }))
    const client = await register(host.origin)
    const code = await newCode(host.origin, client)
    const text = await (await postForm(`${host.origin}/token`, codeForm(client, code))).text()
    const tokens = JSON.parse(text) as Tokens
    expect(Object.keys(tokens).sort()).toEqual(['access_token', 'expires_in', 'refresh_token', 'token_type'])
    expect(Object.values(tokens)).not.toContain(null)
    expect(decodeToken(tokens.access_token).claims).not.toHaveProperty('scope')
    expect((await callMcp(host.origin, tokens.access_token)).status).toBe(200)
    await host.close()
  })

  test('D-18 claims of the sign-in hook are added and replace none of the library', async () => {
    const own = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'client_id', 'scope', 'auth_time']
    const host = await anyHost.start(
      notesApp({
        signIn: () => ({
          subject: 'alice',
          claims: {
            ...Object.fromEntries([...own, 'token_family', 'cnf', 'act', 'nonce'].map((name) => [name, 'x'])),
            role: 'editor',
          },
          consentGiven: true,
        }),
      }),
    )
    const client = await register(host.origin)
    const answer = await new Browser().open(authorizationUrl(host.origin, client))
    const code = new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? ''
    const tokens = (await (await postForm(`${host.origin}/token`, codeForm(client, code))).json()) as Tokens
    const { claims } = decodeToken(tokens.access_token)
    expect(claims).toMatchObject({ role: 'editor', sub: 'alice', aud: `${host.origin}/mcp` })
    expect(Object.values(claims)).not.toContain('x')
    expect((await callMcp(host.origin, tokens.access_token)).status).toBe(200)
    await host.close()
  })

  test('D-18 the token has auth_time if the application provides it', async () => {
    const authenticatedAt = 1_700_000_000
    const host = await anyHost.start(
      notesApp({ signIn: () => ({ subject: 'alice', authenticatedAt, consentGiven: true }) }),
    )
    const client = await register(host.origin)
    const answer = await new Browser().open(authorizationUrl(host.origin, client))
    const code = new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? ''
    const send = async (form: Form) =>
      (await postForm(`${host.origin}/token`, form)).json() as Promise<Tokens>
    const first = await send(codeForm(client, code))
    const second = await send(refreshForm(client, first.refresh_token))
    for (const { access_token } of [first, second]) {
      expect(decodeToken(access_token).claims['auth_time']).toBe(authenticatedAt)
    }
    await host.close()
  })

  test('D-11 the error description does not repeat the request', async () => {
    const host = await anyHost.start(notesApp())
    const client = await register(host.origin)
    for (const [name, value] of Object.entries({
      grant_type: 'pass"word\n',
      client_id: 'no\\body"\r\n',
      code: 'co"de\u0000',
      scope: 'sc"ope\u00e9',
      resource: 'https://e"vil\n',
      redirect_uri: 'https://e"vil\n',
    })) {
      const form = { ...codeForm(client, await newCode(host.origin, client)), [name]: value }
      const response = await postForm(`${host.origin}/token`, form)
      expect([400, 401]).toContain(response.status)
      const { error_description } = (await response.json()) as { error_description: string }
      expect(error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
      expect(error_description).not.toMatch(/pass|body|co.de|sc.ope|vil/)
    }
    await host.close()
  })

  test('D-41 a removed client cannot redeem its code', async () => {
    const store = observedStore()
    const host = await anyHost.start(notesApp({ store }))
    const client = await register(host.origin)
    const form = codeForm(client, await newCode(host.origin, client))
    await store.forget('client')
    const refused = await postForm(`${host.origin}/token`, form)
    await expectOAuthError(refused, 401, 'invalid_client')
    await host.close()
  })

  test('D-08 invalid_grant is 400 with the option for RFC 6749', async () => {
    const host = await anyHost.start(notesApp({ invalidGrantStatus: 400 }))
    const client = await register(host.origin)
    const send = (form: Form) => postForm(`${host.origin}/token`, form)
    const refused = await send(codeForm(client, 'x'))
    expect(refused.headers.get('www-authenticate')).toBeNull()
    await expectOAuthError(refused, 400, 'invalid_grant')
    await expectOAuthError(await send(refreshForm(client, 'x')), 400, 'invalid_grant')
    await expectOAuthError(await send({ ...codeForm(client, 'x'), client_id: 'x' }), 401, 'invalid_client')
    await host.close()
  })

  test('D-08 invalid_grant is 401 by default, without a challenge', async () => {
    const host = await anyHost.start(notesApp())
    const client = await register(host.origin, { token_endpoint_auth_method: 'client_secret_basic' })
    const refused = await postForm(`${host.origin}/token`, codeForm(client, 'x'), basicOf(client))
    expect(refused.headers.get('www-authenticate')).toBeNull()
    await expectOAuthError(refused, 401, 'invalid_grant')
    await host.close()
  })
})

describe('TokenHandler', () => {
  const origin = 'http://localhost:1'
  const request = (form: Record<string, string>, method = 'POST') =>
    new Request('https://elsewhere.example/oauth/token', {
      method,
      ...(method === 'POST' ? { body: new URLSearchParams(form) } : {}),
    })

  test('D-01 D-05 D-08 E-01 TokenHandler responds like the endpoint at any path', async () => {
    const handler = new TokenHandler({ provider: notesProvider(origin) })
    await expectOAuthError(
      await handler.handle(request({ grant_type: 'authorization_code', client_id: 'nobody' })),
      401,
      'invalid_client',
    )
    for (const method of ['GET', 'PROPFIND']) {
      const refused = await handler.handle(request({}, method))
      expect(refused.headers.get('allow')).toBe('POST, OPTIONS')
      await expectOAuthError(refused, 405, 'invalid_request')
    }
  })

  test.each([400, 401] as const)(
    'D-08 TokenHandler has its own status for invalid_grant: %d',
    async (status) => {
      const provider = notesProvider(origin)
      const client = {
        client_id: 'me',
        redirect_uris: [],
        grant_types: ['authorization_code'],
        response_types: [],
        token_endpoint_auth_method: 'none',
        client_id_issued_at: 0,
      }
      const seen: string[] = []
      const handler = new TokenHandler({
        provider,
        invalidGrantStatus: status,
        clientAuthenticator: {
          authenticateRequest: async (copy) => {
            seen.push(await copy.text())
            return client
          },
        },
      })
      const form = { grant_type: 'authorization_code', code: 'a b&c', code_verifier: verifier }
      await expectOAuthError(await handler.handle(request(form)), status, 'invalid_grant')
      // The authenticator received the whole form.
      expect(seen).toEqual([new URLSearchParams(form).toString()])
    },
  )

  test('D-70 a client without proof gets no token of its own, whatever authenticator accepted it', async () => {
    const client = {
      client_id: 'me',
      redirect_uris: [],
      grant_types: ['client_credentials'],
      response_types: [],
      scope: 'notes:read',
    }
    const provider = notesProvider(origin, { clients: [{ ...client, secrets: [{ digest }] }] })
    provider.setMcpPath('/mcp')
    const statusWith = async (token_endpoint_auth_method: string) => {
      const authenticateRequest = async () => ({ ...client, token_endpoint_auth_method })
      const handler = new TokenHandler({ provider, clientAuthenticator: { authenticateRequest } })
      return (await handler.handle(request({ grant_type: 'client_credentials' }))).status
    }
    expect(await statusWith('none')).toBe(400)
    expect(await statusWith('client_secret_basic')).toBe(200)
  })

  test('E-01 D-14 the error of a client authenticator decides between 401 and 503', async () => {
    for (const [cause, status, error] of [
      [new OAuthError('invalid_client', 'No.'), 401, 'invalid_client'],
      [new Error('secret detail'), 503, 'temporarily_unavailable'],
    ] as const) {
      const clientAuthenticator = { authenticateRequest: () => Promise.reject(cause) }
      const handler = new TokenHandler({ provider: notesProvider(origin), clientAuthenticator })
      const text = await expectOAuthError(await handler.handle(request({ code: 'x' })), status, error)
      expect(text).not.toContain('secret')
    }
  })
})

test('D-33 a code without a challenge, which no request can get, is redeemed by no verifier', async () => {
  const store = observedStore()
  const host = await anyHost.start(notesApp({ store }))
  const client = await register(host.origin)
  const form = codeForm(client, await newCode(host.origin, client))
  await store.edit('code', (record) => ({ ...record, codeChallenge: '' }))
  await expectOAuthError(await postForm(`${host.origin}/token`, form), 401, 'invalid_grant')
  await expectOAuthError(
    await postForm(`${host.origin}/token`, { ...form, code_verifier: '' }),
    400,
    'invalid_request',
  )
  await store.edit('code', (record) => ({ ...record, codeChallenge: challenge }))
  expect((await postForm(`${host.origin}/token`, form)).status).toBe(200)
  await host.close()
})

test('C-18 a claim of the application is never read as scopes', async () => {
  const host = await anyHost.start((origin) => ({
    provider: notesProvider(origin, {
      requiredScopes: [],
      signIn: () => ({ subject: 'alice', claims: { scp: 'notes:write', team: 'a' }, consentGiven: true }),
    }),
  }))
  const client = await register(host.origin)
  const answer = await new Browser('alice').open(authorizationUrl(host.origin, client))
  const code = new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? ''
  const tokens = (await (await postForm(`${host.origin}/token`, codeForm(client, code))).json()) as Tokens
  expect(decodeToken(tokens.access_token).claims).toMatchObject({ team: 'a' })
  const who = await (await callMcp(host.origin, tokens.access_token)).json()
  expect(who).toMatchObject({ scopes: [] })
  await host.close()
})
