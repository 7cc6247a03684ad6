import { type AuthEvent, memoryStore } from '@tollgate/auth-core'
import { decodeToken, testClock } from '@tollgate/auth-testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { withSecret } from '../harness/credentials.js'
import { expectOAuthError } from '../harness/expectations.js'
import { anyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { type NotesAppOptions, notesApp, notesProvider } from '../harness/notes-app.js'
import {
  callMcp,
  newTokens,
  postForm,
  type RegisteredClient,
  refreshForm,
  register,
  type Tokens,
} from '../harness/oauth-driver.js'

const now = testClock()

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  let client: RegisteredClient
  let tokens: Tokens
  const events: AuthEvent[] = []
  const send = (form: Record<string, string | readonly string[]>, headers?: Record<string, string>) =>
    postForm(`${host.origin}/revoke`, form, headers)
  const revoke = (token: string, changes: Record<string, string> = {}) =>
    send({ token, client_id: client.client_id, ...changes })
  const refresh = (refreshToken: string) =>
    postForm(`${host.origin}/token`, refreshForm(client, refreshToken))

  async function expectRevoked(answer: Response): Promise<void> {
    expect([answer.status, await answer.text()]).toEqual([200, ''])
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  }
  async function expectGone(gone: Tokens): Promise<void> {
    expect((await callMcp(host.origin, gone.access_token)).status).toBe(401)
    await expectOAuthError(await refresh(gone.refresh_token), 401, 'invalid_grant')
  }

  beforeAll(async () => {
    host = await start(notesApp({ now, events }))
    client = await register(host.origin)
  })
  afterAll(() => host.close())
  beforeEach(async () => {
    tokens = await newTokens(host.origin, client)
    events.length = 0
  })

  test('H-02 H-05 revoking the refresh token revokes all tokens of the grant at once', async () => {
    expect((await callMcp(host.origin, tokens.access_token)).status).toBe(200)
    await expectRevoked(await revoke(tokens.refresh_token))
    expect(events).toContainEqual({
      type: 'tokens.revoked',
      by: 'client',
      clientId: client.client_id,
      grantId: decodeToken(tokens.access_token).claims['token_family'],
      requestId: expect.any(String),
    })
    await expectGone(tokens)
  })

  test('H-07 revoking the access token revokes all tokens of the grant', async () => {
    await expectRevoked(await revoke(tokens.access_token))
    await expectGone(tokens)
  })

  test('H-07 an expired access token still revokes its grant', async () => {
    now.advance(3601)
    expect((await callMcp(host.origin, tokens.access_token)).status).toBe(401)
    const other = await register(host.origin)
    await expectRevoked(await revoke(tokens.access_token, { client_id: other.client_id }))
    const next = (await (await refresh(tokens.refresh_token)).json()) as Tokens
    await expectRevoked(await revoke(tokens.access_token))
    await expectGone(next)
  })

  test('H-07 an expired token that is unsigned, from another issuer or of another type revokes nothing', async () => {
    now.advance(3601)
    const [head = '', body = '', signature = ''] = tokens.access_token.split('.')
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
    const { header, claims } = decodeToken(tokens.access_token)
    const forged = [
      `${head}.${body}.${'A'.repeat(signature.length)}`,
      `${head}.${encode({ ...claims, jti: 'another' })}.${signature}`,
      `${head}.${encode({ ...claims, iss: 'https://other.example' })}.${signature}`,
      `${encode({ ...header, typ: 'JWT' })}.${body}.${signature}`,
      `${encode({ alg: 'none', typ: 'at+jwt' })}.${body}.`,
    ]
    for (const token of forged) await expectRevoked(await revoke(token))
    expect(events.some(({ type }) => type === 'tokens.revoked')).toBe(false)
    expect((await refresh(tokens.refresh_token)).status).toBe(200)
  })

  test('H-02 H-07 a token with malformed claims is unknown', async () => {
    const encode = (text: string) => Buffer.from(text).toString('base64url')
    const { header, claims } = decodeToken(tokens.access_token)
    const deep = '['.repeat(5000) + ']'.repeat(5000)
    for (const name of ['aud', 'iat']) {
      for (const nonsense of [deep, '{"a":1}', '[]', 'null', '"1"', '1e999']) {
        const said = JSON.stringify({ ...claims, [name]: 'X' }).replace('"X"', nonsense)
        await expectRevoked(await revoke(`${encode(JSON.stringify(header))}.${encode(said)}.AAAA`))
      }
    }
    expect((await refresh(tokens.refresh_token)).status).toBe(200)
  })

  test('H-05 other grants of the same user and client stay valid', async () => {
    const other = await newTokens(host.origin, client)
    await expectRevoked(await revoke(tokens.refresh_token))
    expect((await callMcp(host.origin, other.access_token)).status).toBe(200)
    expect((await refresh(other.refresh_token)).status).toBe(200)
  })

  test.each(['access_token', 'refresh_token', 'nonsense'])(
    'H-04 the hint %s is only a hint',
    async (token_type_hint) => {
      await expectRevoked(await revoke(tokens.refresh_token, { token_type_hint }))
      await expectGone(tokens)
      const more = await newTokens(host.origin, client)
      await expectRevoked(await revoke(more.access_token, { token_type_hint }))
      await expectGone(more)
    },
  )

  test('H-02 unknown, malformed, expired and revoked tokens get the same response', async () => {
    const [head, body] = tokens.access_token.split('.')
    for (const token of ['x', 'a.b.c', `${head}.${body}.AAAA`, '\u0000', '%', 'x'.repeat(20_000)]) {
      await expectRevoked(await revoke(token))
    }
    expect((await callMcp(host.origin, tokens.access_token)).status).toBe(200)

    await expectRevoked(await revoke(tokens.refresh_token))
    await expectRevoked(await revoke(tokens.refresh_token))
    await expectRevoked(await revoke(tokens.access_token))

    const old = await newTokens(host.origin, client)
    now.advance(31 * 24 * 3600)
    await expectRevoked(await revoke(old.refresh_token))
    await expectRevoked(await revoke(old.access_token))
  })

  test('H-06 the token of another client stays valid and unmentioned', async () => {
    const other = await register(host.origin)
    for (const token of [tokens.access_token, tokens.refresh_token]) {
      await expectRevoked(await send({ token, client_id: other.client_id }))
    }
    expect(events.some(({ type }) => type === 'tokens.revoked')).toBe(false)
    expect((await callMcp(host.origin, tokens.access_token)).status).toBe(200)
    expect((await refresh(tokens.refresh_token)).status).toBe(200)
  })

  test('H-03 a request without a token is refused', async () => {
    const { client_id } = client
    await expectOAuthError(await send({ client_id }), 400, 'invalid_request')
    await expectOAuthError(await send({ client_id, token: '' }), 400, 'invalid_request')
    const twice = { client_id, token: [tokens.refresh_token, tokens.access_token] }
    await expectOAuthError(await send(twice), 400, 'invalid_request')
    expect((await callMcp(host.origin, tokens.access_token)).status).toBe(200)
  })

  test('H-01 H-08 an unauthenticated client revokes nothing', async () => {
    const confidential = await register(host.origin, { token_endpoint_auth_method: 'client_secret_post' })
    const { client_id } = confidential
    const token = tokens.refresh_token
    await expectOAuthError(await send({ token }), 401, 'invalid_client')
    await expectOAuthError(await send({ token, client_id: 'nobody' }), 401, 'invalid_client')
    await expectOAuthError(await send({ token, client_id }), 401, 'invalid_client')
    await expectOAuthError(await send({ token, client_id, client_secret: 'x' }), 401, 'invalid_client')
    expect((await refresh(token)).status).toBe(200)
    await expectRevoked(await send(withSecret(confidential, { token })))
  })

  test('H-01 the request must be a form', async () => {
    const form = { token: tokens.refresh_token, client_id: client.client_id }
    const json = await fetch(`${host.origin}/revoke`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(form),
    })
    await expectOAuthError(json, 400, 'invalid_request')
    const query = await fetch(`${host.origin}/revoke?${new URLSearchParams(form)}`)
    expect(query.headers.get('allow')).toBe('POST, OPTIONS')
    await expectOAuthError(query, 405, 'invalid_request')
    expect((await refresh(tokens.refresh_token)).status).toBe(200)
  })

  test('H-05 a rotated refresh token still revokes its grant', async () => {
    const next = (await (await refresh(tokens.refresh_token)).json()) as Tokens
    await expectRevoked(await revoke(tokens.refresh_token))
    await expectGone(next)
  })

  test('H-10 pages of other origins can revoke', async () => {
    const preflight = await fetch(`${host.origin}/revoke`, {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
    expect(preflight.headers.get('access-control-allow-methods')).toBe('POST')
  })
})

describe('tokens issued under earlier options', () => {
  const rs = 'https://rs.example'
  const changes: readonly (readonly [string, NotesAppOptions, NotesAppOptions])[] = [
    ['the resource is no longer served', { resources: [rs] }, {}],
    ['tokens are no longer opaque', { resources: [rs], accessTokenFormat: 'opaque' }, { resources: [rs] }],
    ['tokens are no longer JWTs', { resources: [rs] }, { resources: [rs], accessTokenFormat: 'opaque' }],
    [
      'tokens are no longer opaque and the resource is gone',
      { resources: [rs], accessTokenFormat: 'opaque' },
      {},
    ],
  ]

  test.each(changes)('H-06 H-07 when %s, a token still revokes its grant', async (_what, then, since) => {
    const store = memoryStore()
    const before = await anyHost.start(notesApp({ ...then, store }))
    const { origin } = before
    const after = await anyHost.start(() => ({ provider: notesProvider(origin, { ...since, store }) }))
    const client = await register(origin)
    const other = await register(origin)
    const tokens = await newTokens(origin, client, { resource: rs })
    const revokeAs = ({ client_id }: RegisteredClient) =>
      postForm(`${after.origin}/revoke`, { token: tokens.access_token, client_id })
    const refresh = (token: string) => postForm(`${origin}/token`, refreshForm(client, token))

    expect((await revokeAs(other)).status).toBe(200)
    const next = await refresh(tokens.refresh_token)
    expect(next.status).toBe(200)
    expect((await revokeAs(client)).status).toBe(200)
    const { refresh_token } = (await next.json()) as Tokens
    await expectOAuthError(await refresh(refresh_token), 401, 'invalid_grant')
    await Promise.all([before, after].map((host) => host.close()))
  })
})
