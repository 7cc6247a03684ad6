import type { AuthEvent } from '@tollgate/auth-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expectErrorPage } from '../harness/expectations.js'
import { faultyStore } from '../harness/faulty-store.js'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp, notesProvider } from '../harness/notes-app.js'
import {
  authorizationUrl,
  Browser,
  callMcp,
  codeForm,
  newTokens,
  postForm,
  type RegisteredClient,
  refreshForm,
  register,
  type Tokens,
} from '../harness/oauth-driver.js'

describe.each(hosts)('$name', ({ start }) => {
  const events: AuthEvent[] = []
  const store = faultyStore()
  let host: RunningHost
  let client: RegisteredClient
  beforeAll(async () => {
    host = await start(notesApp({ events, store }))
    client = await register(host.origin)
    // The key is created at its first use, by any request.
    await fetch(`${host.origin}/jwks`)
    const made = { type: 'key.added', kid: expect.any(String), alg: 'ES256', signsFrom: expect.any(Number) }
    expect(events.at(-1)).toEqual(made)
  })
  afterAll(() => host.close())
  beforeEach(() => {
    store.heal()
    events.length = 0
  })

  const token = (form: Record<string, string>) => postForm(`${host.origin}/token`, form)
  const open = async (browser: Browser) =>
    (await browser.open(authorizationUrl(host.origin, client, { scope: 'notes:write' }))).text()

  /** The events since the last call, which must be of one request. */
  function ofOneRequest(): Record<string, unknown>[] {
    const ids = new Set(events.map(({ requestId }) => requestId))
    expect([...ids]).toEqual([expect.stringMatching(/^[\w-]{16}$/)])
    return events.splice(0).map(({ requestId: _, ...event }) => event)
  }

  test('O-05 events follow a client from registration to revocation', async () => {
    const clientId = client.client_id
    const browser = new Browser('alice')
    const page = await open(browser)
    const grant = {
      clientId,
      subject: 'alice',
      scopes: ['notes:write'],
      resources: [`${host.origin}/mcp`],
    }
    expect(ofOneRequest()).toEqual([{ type: 'consent.shown', ...grant }])

    const { searchParams } = new URL(
      (await browser.answer(host.origin, page, 'allow')).headers.get('location') ?? '',
    )
    expect(ofOneRequest()).toEqual([{ type: 'authorization.granted', ...grant }])

    const form = codeForm(client, searchParams.get('code') ?? '')
    const tokens = (await (await token(form)).json()) as Tokens
    const issued = { type: 'tokens.issued', clientId, subject: 'alice', scopes: ['notes:write'] }
    const [redeemed] = ofOneRequest()
    expect(redeemed).toMatchObject({ ...issued, grantType: 'authorization_code' })

    await token(refreshForm(client, tokens.refresh_token))
    const { grantId } = redeemed ?? {}
    expect(ofOneRequest()).toEqual([{ ...issued, grantType: 'refresh_token', grantId }])

    await postForm(`${host.origin}/revoke`, { client_id: clientId, token: tokens.access_token })
    expect(ofOneRequest()).toEqual([{ type: 'tokens.revoked', by: 'client', clientId, grantId }])
  })

  test('O-05 events distinguish denials by the user and by the application', async () => {
    const browser = new Browser('alice')
    const page = await open(browser)
    events.length = 0
    await browser.answer(host.origin, page, 'deny')
    expect(ofOneRequest()).toEqual([{ type: 'authorization.denied', by: 'user', clientId: client.client_id }])
  })

  test('C-28 O-05 an event reports an answer given for another user', async () => {
    const clientId = client.client_id
    const browser = new Browser('alice')
    const page = await open(browser)
    const hintOf = (reason: string) =>
      reason === 'other_site' ? expect.stringContaining('"baseUrl"') : undefined
    const rejected = (reason: string, known = true) => [
      { type: 'consent.rejected', reason, clientId: known ? clientId : undefined, hint: hintOf(reason) },
      {
        type: 'request.failed',
        endpoint: 'consent',
        code: 'access_denied',
        description: expect.any(String),
        reason: `consent_${reason}`,
        hint: hintOf(reason),
        clientId: known ? clientId : undefined,
        cause: undefined,
      },
    ]
    events.length = 0
    await new Browser('alice').answer(host.origin, page, 'allow')
    expect(ofOneRequest()).toEqual(rejected('other_browser'))
    await browser.answer(host.origin, page, 'allow', { 'sec-fetch-site': 'cross-site' })
    expect(ofOneRequest()).toEqual(rejected('other_site', false))
    browser.cookies.set('user', 'bob')
    await browser.answer(host.origin, page, 'allow')
    expect(ofOneRequest()).toEqual(rejected('other_user'))

    browser.cookies.set('user', 'alice')
    await browser.answer(host.origin, page, 'allow')
    events.length = 0
    await browser.answer(host.origin, page, 'allow')
    expect(ofOneRequest()).toMatchObject([{ type: 'request.failed', reason: 'consent_expired_or_answered' }])
  })

  test('O-04 O-05 each refusal event has the endpoint, the reason and the client', async () => {
    const other = await register(host.origin)
    const tokens = await newTokens(host.origin, client)
    const failed = async (request: Promise<unknown>) => {
      events.length = 0
      await request
      const { type, endpoint, code, reason, clientId } = ofOneRequest().at(-1) ?? {}
      expect(type).toBe('request.failed')
      return [endpoint, code, reason, clientId]
    }
    const browser = new Browser('alice')
    const elsewhere = { redirect_uri: 'https://evil.example/cb' }
    expect([
      await failed(browser.open(authorizationUrl(host.origin, { ...client, client_id: 'nobody' }))),
      await failed(browser.open(authorizationUrl(host.origin, client, elsewhere))),
      await failed(browser.open(authorizationUrl(host.origin, client, { scope: '"' }))),
      await failed(token(codeForm(client, 'x'.repeat(43)))),
      await failed(token(refreshForm(other, tokens.refresh_token))),
      await failed(token({ ...refreshForm(client, 'x'), grant_type: 'password' })),
      await failed(
        fetch(`${host.origin}/register`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ redirect_uris: ['http://client.example/cb'] }),
        }),
      ),
    ]).toEqual([
      ['authorize', 'invalid_client', 'client_unknown', undefined],
      ['authorize', 'invalid_request', 'redirect_uri_unregistered', client.client_id],
      ['authorize', 'invalid_scope', undefined, client.client_id],
      ['token', 'invalid_grant', 'code_unknown', client.client_id],
      ['token', 'invalid_grant', 'refresh_token_client_mismatch', other.client_id],
      ['token', 'unsupported_grant_type', undefined, client.client_id],
      ['register', 'invalid_redirect_uri', 'redirect_uri_not_allowed', undefined],
    ])
  })

  test('O-05 a store outage is an event wherever it occurs', async () => {
    const tokens = await newTokens(host.origin, client)
    events.length = 0
    store.failAlways()
    const unavailable = { type: 'source.unavailable', source: 'store', cause: expect.any(Error) }
    // The first use of this token.
    expect((await callMcp(host.origin, tokens.access_token)).status).toBe(503)
    expect([events[0], new Set(events.map(({ type }) => type))]).toEqual([
      unavailable,
      new Set(['source.unavailable']),
    ])
    events.length = 0
    expect((await token(refreshForm(client, tokens.refresh_token))).status).toBe(503)
    expect(events.at(0)).toEqual(unavailable)
    expect(events.at(-1)).toMatchObject({ type: 'request.failed', reason: 'store_unavailable' })
    store.heal()
    expect((await token(refreshForm(client, tokens.refresh_token))).status).toBe(200)
  })

  test('O-05 a token without a required scope is an event at every use', async () => {
    const heard: AuthEvent[] = []
    const writing = await start((origin) => ({
      provider: notesProvider(origin, { events: heard }),
      gate: { scopes: ['notes:write'] },
    }))
    const reader = await register(writing.origin)
    const { access_token } = await newTokens(writing.origin, reader)
    heard.length = 0
    for (let i = 0; i < 2; i += 1) expect((await callMcp(writing.origin, access_token)).status).toBe(403)
    const missing = {
      type: 'scope.missing',
      clientId: reader.client_id,
      subject: 'alice',
      scopes: ['notes:write'],
    }
    expect(heard).toEqual([missing, missing])
    await writing.close()
  })

  test('O-05 the error page shows the request ID of its events, and JSON responses do not', async () => {
    const url = authorizationUrl(host.origin, { client_id: 'nobody', redirect_uris: [] })
    const page = await expectErrorPage(await new Browser('alice').open(url), 400)
    const [failure] = events.splice(0)
    expect(page).toContain(`Reference: <code>${failure?.requestId}</code>`)
    const toProgram = await fetch(url, { headers: { accept: 'application/json' } })
    expect(await toProgram.text()).not.toContain(events[0]?.requestId ?? 'no event')
  })
})
