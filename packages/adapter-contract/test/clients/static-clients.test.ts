import { type AuthEvent, memoryStore, type StaticClient, TokenHandler } from '@tollgate/auth-core'
import { decodeToken, testClock } from '@tollgate/auth-testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basic } from '../harness/credentials.js'
import { expectCode, expectErrorRedirect, expectOAuthError } from '../harness/expectations.js'
import { anyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp, notesProvider } from '../harness/notes-app.js'
import {
  authorizationUrl,
  Browser,
  callback,
  callMcp,
  codeForm,
  newCode,
  postForm,
  type RegisteredClient,
  refreshForm,
  type Tokens,
} from '../harness/oauth-driver.js'
import { digest, otherDigest, otherSecret, secret } from '../harness/static-clients.js'

const now = testClock()
const rotation = now() + 100

/** A manually configured application. */
const desk: StaticClient & RegisteredClient = {
  client_id: 'desk.app_1~x',
  client_name: 'Desk',
  redirect_uris: [callback],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'notes:read',
  secrets: [{ digest, expiresAt: rotation }, { digest: otherDigest }],
}

const publicClient: StaticClient & RegisteredClient = {
  client_id: 'terminal',
  redirect_uris: [callback],
  token_endpoint_auth_method: 'none',
}

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  beforeAll(async () => {
    host = await start(notesApp({ now, clients: [desk, publicClient], dynamicRegistration: false }))
  })
  afterAll(() => host.close())
  const token = (form: Record<string, string>, headers = basic(desk.client_id, secret)) =>
    postForm(`${host.origin}/token`, form, headers)

  test('D-07 D-51 a configured client can do what a registered one can', async () => {
    const code = await newCode(host.origin, desk)
    const tokens = (await (await token(codeForm(desk, code))).json()) as Tokens
    expect(await (await callMcp(host.origin, tokens.access_token)).json()).toMatchObject({
      clientId: desk.client_id,
      subject: 'alice',
    })
    expect((await token(refreshForm(desk, tokens.refresh_token))).status).toBe(200)

    const redeemed = await postForm(
      `${host.origin}/token`,
      codeForm(publicClient, await newCode(host.origin, publicClient)),
    )
    expect(redeemed.status).toBe(200)
  })

  test('C-18 a configured scope is the maximum for its client', async () => {
    const to = { to: `${callback}?`, issuer: host.origin }
    const beyond = authorizationUrl(host.origin, desk, { scope: 'notes:write' })
    expectErrorRedirect(await new Browser('alice').open(beyond), 'invalid_scope', to)

    const browser = new Browser('alice')
    const both = authorizationUrl(host.origin, desk, { scope: 'notes:write notes:read' })
    const page = await (await browser.open(both)).text()
    expect(page).not.toContain('notes:write')
    const answer = await browser.answer(host.origin, page, 'allow')
    const code = expectCode(answer, { ...to, status: 303 })
    expect(await (await token(codeForm(desk, code))).json()).toMatchObject({ scope: 'notes:read' })
    // A client without a limit gets the scope.
    const free = await newCode(host.origin, publicClient, { scope: 'notes:write' })
    const redeemed = await postForm(`${host.origin}/token`, codeForm(publicClient, free))
    expect(await redeemed.json()).toMatchObject({ scope: 'notes:write' })
  })
})

describe('client secrets', () => {
  test('E-12 E-13 two secrets overlap while one replaces the other', async () => {
    const host = await anyHost.start(notesApp({ now, clients: [desk] }))
    const send = (one: string) =>
      postForm(`${host.origin}/revoke`, { token: 'x' }, basic(desk.client_id, one))
    expect((await send(secret)).status).toBe(200)
    expect((await send(otherSecret)).status).toBe(200)
    await expectOAuthError(await send(`${otherSecret}x`), 401, 'invalid_client')
    now.advance(rotation - now() - 1)
    expect((await send(secret)).status).toBe(200)
    now.advance(1)
    await expectOAuthError(await send(secret), 401, 'invalid_client')
    expect((await send(otherSecret)).status).toBe(200)
    await host.close()
  })

  test('E-11 the options contain a digest instead of the secret', async () => {
    const host = await anyHost.start(notesApp({ now, clients: [{ ...desk, secrets: [{ digest }] }] }))
    const refused = await postForm(`${host.origin}/revoke`, { token: 'x' }, basic(desk.client_id, digest))
    await expectOAuthError(refused, 401, 'invalid_client')
    await host.close()
  })
})

test('C-18 D-54 a scope that the operator removed is in no new token', async () => {
  const store = memoryStore({ now })
  const wide = { ...publicClient, grant_types: ['authorization_code', 'refresh_token'] }
  const before = await anyHost.start(notesApp({ now, store, clients: [wide] }))
  const { origin } = before
  const code = await newCode(origin, wide, { scope: 'notes:read notes:write' })
  const unredeemed = await newCode(origin, wide, { scope: 'notes:read notes:write' })
  const { refresh_token } = (await (await postForm(`${origin}/token`, codeForm(wide, code))).json()) as Tokens
  await before.close()

  const provider = notesProvider(origin, { now, store, clients: [{ ...wide, scope: 'notes:read' }] })
  provider.setMcpPath('/mcp')
  const handler = new TokenHandler({ provider })
  const ask = (form: Record<string, string>) =>
    handler.handle(new Request(`${origin}/token`, { method: 'POST', body: new URLSearchParams(form) }))
  const asked = await ask({ ...refreshForm(wide, refresh_token), scope: 'notes:write' })
  await expectOAuthError(asked, 400, 'invalid_scope')
  for (const form of [refreshForm(wide, refresh_token), codeForm(wide, unredeemed)]) {
    const { access_token, scope } = (await (await ask(form)).json()) as Tokens
    expect(scope).toBe('notes:read')
    expect((await provider.verifyToken(access_token))?.scopes).toEqual(['notes:read'])
  }
})

describe('resources that the operator removed', () => {
  const [first, second] = ['https://a.example/mcp', 'https://b.example/mcp']
  const both = [first, second]

  /** A client with a refresh token and a code for the previous resources, at a server that serves others now. */
  async function setUp(then: readonly string[], nowServed: readonly string[]) {
    const store = memoryStore({ now })
    const client = { ...publicClient, grant_types: ['authorization_code', 'refresh_token'] }
    const events: AuthEvent[] = []
    const options = { now, store, clients: [client] }
    const issuer = 'https://login.example'
    const before = await anyHost.start(notesApp({ ...options, issuerUrl: issuer, resources: then }))
    const codes: string[] = []
    for (let i = 0; i < 2; i += 1) codes.push(await newCode(before.origin, client, { resource: then }))
    const [code, unredeemed] = codes as [string, string]
    const redeemed = { ...codeForm(client, code), resource: then[0] as string }
    const { refresh_token } = (await (await postForm(`${before.origin}/token`, redeemed)).json()) as Tokens
    await before.close()

    const handlerOf = (resources: readonly string[]) =>
      new TokenHandler({ provider: notesProvider(issuer, { ...options, events, resources }) })
    const send = (handler: TokenHandler, form: Record<string, string>) =>
      handler.handle(new Request(`${issuer}/token`, { method: 'POST', body: new URLSearchParams(form) }))
    const handler = handlerOf(nowServed)
    return {
      events,
      refresh: refreshForm(client, refresh_token),
      redeem: codeForm(client, unredeemed),
      ask: (form: Record<string, string>) => send(handler, form),
      askOnceItIsBack: (form: Record<string, string>) => send(handlerOf(then), form),
    }
  }

  const audienceOf = async (answer: Response) =>
    decodeToken(((await answer.json()) as Tokens).access_token).claims['aud']

  test('D-56 D-16 a removed resource is in no new token, and the others stay', async () => {
    const { refresh, redeem, ask } = await setUp(both, [second])
    for (const form of [refresh, redeem]) {
      await expectOAuthError(await ask({ ...form, resource: first }), 400, 'invalid_target')
      expect(await audienceOf(await ask(form))).toBe(second)
    }
  })

  test('D-56 D-57 a grant without a remaining resource is unusable and resumes when one returns', async () => {
    const { refresh, redeem, ask, askOnceItIsBack, events } = await setUp([first], [second])
    for (const [form, kind] of [
      [refresh, 'refresh_token'],
      [redeem, 'code'],
    ] as const) {
      for (const asked of [{}, { resource: first }, { resource: second }]) {
        await expectOAuthError(await ask({ ...form, ...asked }), 401, 'invalid_grant')
        expect(events.at(-1)).toMatchObject({ reason: `${kind}_resource_withdrawn` })
      }
      expect(await audienceOf(await askOnceItIsBack(form))).toBe(first)
    }
  })

  test('D-56 D-57 a server that does not know its resources yet refuses no client for them', async () => {
    const { refresh, redeem, ask, askOnceItIsBack, events } = await setUp([first], [])
    for (const form of [refresh, redeem]) {
      await expectOAuthError(await ask(form), 500, 'server_error')
      expect(events.at(-1)).toMatchObject({ cause: expect.objectContaining({ name: 'TypeError' }) })
      expect(await audienceOf(await askOnceItIsBack(form))).toBe(first)
    }
  })
})
