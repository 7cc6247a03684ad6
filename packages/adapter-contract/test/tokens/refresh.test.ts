import type { AuthEvent } from '@tollgate/auth-core'
import { decodeToken, testClock } from '@tollgate/auth-testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { basic, withSecret } from '../harness/credentials.js'
import { expectOAuthError } from '../harness/expectations.js'
import { anyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp } from '../harness/notes-app.js'
import {
  callMcp,
  codeForm,
  newCode,
  newTokens,
  postForm,
  type RegisteredClient,
  refreshForm,
  register,
  type Tokens,
} from '../harness/oauth-driver.js'
import { observedStore } from '../harness/observed-store.js'
import { slowStore } from '../harness/slow-store.js'

type Form = Record<string, string | readonly string[]>

/** Invalid refreshes and the response to each. The grant is for `notes:read notes:write`. */
const mistakes: [string, Form, number, string][] = [
  ['a scope beyond the granted ones', { scope: 'notes:read notes:delete' }, 400, 'invalid_scope'],
  ['another scope', { scope: 'notes:delete' }, 400, 'invalid_scope'],
  ['a scope with a quote', { scope: 'notes:read "' }, 400, 'invalid_scope'],
  ['an unknown resource', { resource: 'https://evil.example/mcp' }, 400, 'invalid_target'],
  ['a resource that was not authorized', { resource: 'https://rs.example' }, 400, 'invalid_target'],
  ['no refresh token', { refresh_token: [] }, 400, 'invalid_request'],
  ['an unknown refresh token', { refresh_token: 'x'.repeat(43) }, 401, 'invalid_grant'],
  [
    'a refresh token that is made up',
    { refresh_token: `${'x'.repeat(22)}.${'x'.repeat(43)}` },
    401,
    'invalid_grant',
  ],
  ['two refresh tokens', { refresh_token: ['x', 'y'] }, 400, 'invalid_request'],
  ['an unknown client', { client_id: 'nobody' }, 401, 'invalid_client'],
  ['no client', { client_id: [] }, 401, 'invalid_client'],
  ['a secret that the client does not have', { client_secret: 'x' }, 401, 'invalid_client'],
  ['another grant type', { grant_type: 'password' }, 400, 'unsupported_grant_type'],
  ['a grant that the client does not have', { grant_type: 'client_credentials' }, 400, 'unauthorized_client'],
]

const now = testClock()

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  let client: RegisteredClient
  let tokens: Tokens
  const events: AuthEvent[] = []
  const send = (form: Form, headers?: Record<string, string>) =>
    postForm(`${host.origin}/token`, form, headers)
  const refresh = async (refreshToken: string, changes: Form = {}): Promise<Tokens> => {
    const response = await send({ ...refreshForm(client, refreshToken), ...changes })
    expect(response.status).toBe(200)
    return (await response.json()) as Tokens
  }

  beforeAll(async () => {
    host = await start(notesApp({ now, events, resources: ['https://rs.example'] }))
    client = await register(host.origin)
  })
  afterAll(() => host.close())
  beforeEach(async () => {
    tokens = await newTokens(host.origin, client, {
      scope: 'notes:read notes:write',
      resource: `${host.origin}/mcp`,
    })
    events.length = 0
  })

  test('D-07 D-51 D-54 a refresh token is exchanged for new tokens of the same grant', async () => {
    const response = await send(refreshForm(client, tokens.refresh_token))
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('no-store')
    const next = (await response.json()) as Tokens
    expect(next).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'notes:read notes:write',
      refresh_token: expect.stringMatching(/^[\w-]{22}\.[\w-]{43}$/),
    })
    expect(next.refresh_token).not.toBe(tokens.refresh_token)
    expect(next.access_token).not.toBe(tokens.access_token)
    expect((await callMcp(host.origin, next.access_token)).status).toBe(200)
    // The previous access token stays valid until it expires.
    expect((await callMcp(host.origin, tokens.access_token)).status).toBe(200)
    expect(events[0]).toMatchObject({ type: 'tokens.issued', grantType: 'refresh_token' })

    const { claims } = decodeToken(next.access_token)
    const before = decodeToken(tokens.access_token).claims
    expect(claims).toMatchObject({ aud: before['aud'], sub: 'alice', client_id: client.client_id })
    expect(claims['jti']).not.toBe(before['jti'])
  })

  test('D-50 another client cannot use a refresh token and does no harm by trying', async () => {
    const other = await register(host.origin)
    const form = refreshForm(client, tokens.refresh_token)
    await expectOAuthError(await send({ ...form, client_id: other.client_id }), 401, 'invalid_grant')
    const next = await refresh(tokens.refresh_token)

    // A rotated token of another client does not revoke either: only its own client can report theft.
    await expectOAuthError(await send({ ...form, client_id: other.client_id }), 401, 'invalid_grant')
    expect((await callMcp(host.origin, next.access_token)).status).toBe(200)
    await refresh(next.refresh_token)
  })

  test('D-51 D-52 a replayed refresh token revokes the whole family', async () => {
    const second = await refresh(tokens.refresh_token)
    const third = await refresh(second.refresh_token)
    expect((await callMcp(host.origin, third.access_token)).status).toBe(200)

    await expectOAuthError(await send(refreshForm(client, tokens.refresh_token)), 401, 'invalid_grant')
    expect(events).toContainEqual({
      type: 'refresh.reused',
      clientId: client.client_id,
      subject: 'alice',
      hint: expect.stringContaining('"refreshGrace"'),
      requestId: expect.any(String),
    })
    await expectOAuthError(await send(refreshForm(client, third.refresh_token)), 401, 'invalid_grant')
    for (const { access_token } of [tokens, second, third]) {
      expect((await callMcp(host.origin, access_token)).status).toBe(401)
    }
  })

  test('D-52 a replay revokes one grant and keeps the others of the same user and client', async () => {
    const other = await newTokens(host.origin, client, { resource: `${host.origin}/mcp` })
    await refresh(tokens.refresh_token)
    now.advance(30)
    await expectOAuthError(await send(refreshForm(client, tokens.refresh_token)), 401, 'invalid_grant')
    expect((await callMcp(host.origin, other.access_token)).status).toBe(200)
    await refresh(other.refresh_token)
  })

  test('D-53 N-03 without grace, a refresh token works once under 50 parallel requests', async () => {
    const strict = await start(notesApp({ refreshGrace: 0 }))
    const owner = await register(strict.origin)
    const first = await newTokens(strict.origin, owner)
    const use = (token: string) => postForm(`${strict.origin}/token`, refreshForm(owner, token))
    const answers = await Promise.all(Array.from({ length: 50 }, () => use(first.refresh_token)))
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1)
    const winner = answers.find(({ status }) => status === 200)
    for (const loser of answers.filter((answer) => answer !== winner)) {
      await expectOAuthError(loser, 401, 'invalid_grant')
    }
    // Forty-nine of them were replays.
    if (winner !== undefined) {
      const { refresh_token } = (await winner.json()) as Tokens
      await expectOAuthError(await use(refresh_token), 401, 'invalid_grant')
    }
    expect((await callMcp(strict.origin, first.access_token)).status).toBe(401)
    await strict.close()
  })

  test('D-54 D-55 a narrower access token does not narrow the grant', async () => {
    const narrow = await refresh(tokens.refresh_token, { scope: 'notes:read' })
    expect(narrow.scope).toBe('notes:read')
    expect(decodeToken(narrow.access_token).claims['scope']).toBe('notes:read')
    const full = await refresh(narrow.refresh_token)
    expect(full.scope).toBe('notes:read notes:write')
    expect((await refresh(full.refresh_token, { scope: 'notes:write notes:read' })).scope).toBe(
      'notes:write notes:read',
    )
  })

  test('D-07 a refresh token is not an access token, and an access token not a refresh token', async () => {
    expect((await callMcp(host.origin, tokens.refresh_token)).status).toBe(401)
    await expectOAuthError(await send(refreshForm(client, tokens.access_token)), 401, 'invalid_grant')
    expect((await send(refreshForm(client, tokens.refresh_token))).status).toBe(200)
  })
})

describe('refused refreshes', () => {
  let host: RunningHost
  let client: RegisteredClient
  const send = (form: Form) => postForm(`${host.origin}/token`, form)
  beforeAll(async () => {
    const scopesSupported = ['notes:read', 'notes:write', 'notes:delete']
    host = await anyHost.start(notesApp({ scopesSupported, resources: ['https://rs.example'] }))
    client = await register(host.origin)
  })
  afterAll(() => host.close())

  test.each(mistakes)(
    'D-16 D-54 D-56 N-09 %s is refused, and the refresh token stays valid',
    async (_name, changes, status, error) => {
      const tokens = await newTokens(host.origin, client, {
        scope: 'notes:read notes:write',
        resource: `${host.origin}/mcp`,
      })
      const form = refreshForm(client, tokens.refresh_token)
      await expectOAuthError(await send({ ...form, ...changes }), status, error)
      expect((await send(form)).status).toBe(200)
    },
  )
})

test('D-52 D-53 N-03 without grace, a refresh token works once even if 50 requests all read it as unused', async () => {
  const host = await anyHost.start(notesApp({ store: slowStore(), refreshGrace: 0 }))
  const client = await register(host.origin)
  const { refresh_token } = await newTokens(host.origin, client)
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => postForm(`${host.origin}/token`, refreshForm(client, refresh_token))),
  )
  const winners = answers.filter(({ status }) => status === 200)
  expect(winners).toHaveLength(1)
  const tokens = (await (winners[0] as Response).json()) as Tokens
  expect((await callMcp(host.origin, tokens.access_token)).status).toBe(401)
  const again = await postForm(`${host.origin}/token`, refreshForm(client, tokens.refresh_token))
  await expectOAuthError(again, 401, 'invalid_grant')
  await host.close()
})

test('D-51 N-04 without grace, nothing stored can produce the refresh token again', async () => {
  for (const [refreshGrace, isKept] of [
    [0, false],
    [10, true],
  ] as const) {
    const store = observedStore()
    const host = await anyHost.start(notesApp({ store, refreshGrace }))
    const client = await register(host.origin)
    const { refresh_token } = await newTokens(host.origin, client)
    expect((await postForm(`${host.origin}/token`, refreshForm(client, refresh_token))).status).toBe(200)
    expect(store.written.join('\n').includes('"nonce"')).toBe(isKept)
    await host.close()
  }
})

describe('lifetimes', () => {
  const day = 24 * 3600
  let host: RunningHost
  let client: RegisteredClient
  const refresh = (refreshToken: string) =>
    postForm(`${host.origin}/token`, refreshForm(client, refreshToken))
  beforeAll(async () => {
    host = await anyHost.start(notesApp({ now }))
    client = await register(host.origin)
  })
  afterAll(() => host.close())

  test('D-58 rotation does not extend the thirty days of a grant', async () => {
    let tokens = await newTokens(host.origin, client)
    for (let days = 0; days < 29; days += 1) {
      now.advance(day)
      tokens = (await (await refresh(tokens.refresh_token)).json()) as Tokens
    }
    now.advance(day - 10)
    tokens = (await (await refresh(tokens.refresh_token)).json()) as Tokens
    // The last access token does not outlive it.
    expect(tokens.expires_in).toBe(10)
    expect((await callMcp(host.origin, tokens.access_token)).status).toBe(200)
    now.advance(10)
    expect((await callMcp(host.origin, tokens.access_token)).status).toBe(401)
    await expectOAuthError(await refresh(tokens.refresh_token), 401, 'invalid_grant')
  })

  test('D-58 an unused refresh token expires', async () => {
    const tokens = await newTokens(host.origin, client)
    now.advance(30 * day)
    await expectOAuthError(await refresh(tokens.refresh_token), 401, 'invalid_grant')
  })

  test('D-58 an idle grant expires early with lifetimes.refreshTokenIdle', async () => {
    const lifetimes = { refreshToken: 365 * day, refreshTokenIdle: 7 * day }
    const patient = await anyHost.start(notesApp({ now, lifetimes }))
    const owner = await register(patient.origin)
    const send = (token: string) => postForm(`${patient.origin}/token`, refreshForm(owner, token))
    let tokens = await newTokens(patient.origin, owner)
    for (let weeks = 0; weeks < 8; weeks += 1) {
      now.advance(7 * day - 1)
      tokens = (await (await send(tokens.refresh_token)).json()) as Tokens
    }
    now.advance(7 * day)
    await expectOAuthError(await send(tokens.refresh_token), 401, 'invalid_grant')
    await patient.close()
  })

  test('D-58 an access token lives to its end even if its refresh token expires earlier', async () => {
    const lifetimes = { refreshTokenIdle: 60 }
    const hasty = await anyHost.start(notesApp({ now, lifetimes }))
    const owner = await register(hasty.origin)
    const tokens = await newTokens(hasty.origin, owner)
    now.advance(60)
    const late = await postForm(`${hasty.origin}/token`, refreshForm(owner, tokens.refresh_token))
    await expectOAuthError(late, 401, 'invalid_grant')
    now.advance(3600 - 61)
    expect((await callMcp(hasty.origin, tokens.access_token)).status).toBe(200)
    now.advance(1)
    expect((await callMcp(hasty.origin, tokens.access_token)).status).toBe(401)
    await hasty.close()
  })

  test('D-52 a replay is recognized until the grant ends', async () => {
    const first = await newTokens(host.origin, client)
    const second = (await (await refresh(first.refresh_token)).json()) as Tokens
    now.advance(29 * day)
    await expectOAuthError(await refresh(first.refresh_token), 401, 'invalid_grant')
    await expectOAuthError(await refresh(second.refresh_token), 401, 'invalid_grant')
  })
})

describe('clients with a secret', () => {
  test('D-61 a refresh needs the registered authentication, and a failed one consumes nothing', async () => {
    const host = await anyHost.start(notesApp())
    const client = await register(host.origin, { token_endpoint_auth_method: 'client_secret_post' })
    const send = (form: Form, headers?: Record<string, string>) =>
      postForm(`${host.origin}/token`, form, headers)
    const form = codeForm(client, await newCode(host.origin, client))
    const tokens = (await (await send(withSecret(client, form))).json()) as Tokens
    const refresh = refreshForm(client, tokens.refresh_token)
    await expectOAuthError(await send(refresh), 401, 'invalid_client')
    await expectOAuthError(await send({ ...refresh, client_secret: 'wrong' }), 401, 'invalid_client')
    await expectOAuthError(await send(refresh, basic(client.client_id, 'wrong')), 401, 'invalid_client')
    expect((await send(withSecret(client, refresh))).status).toBe(200)
    await host.close()
  })

  test('D-41 a removed client cannot refresh', async () => {
    const store = observedStore()
    const host = await anyHost.start(notesApp({ store }))
    const client = await register(host.origin)
    const tokens = await newTokens(host.origin, client)
    await store.forget('client')
    const refused = await postForm(`${host.origin}/token`, refreshForm(client, tokens.refresh_token))
    await expectOAuthError(refused, 401, 'invalid_client')
    await host.close()
  })
})
