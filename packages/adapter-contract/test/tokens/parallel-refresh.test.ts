import { type AuthEvent, encryptedStore, memoryStore, type Store } from '@tollgate/auth-core'
import { decodeToken, testClock } from '@tollgate/auth-testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { withSecret } from '../harness/credentials.js'
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
import { slowStore } from '../harness/slow-store.js'

// A client with several windows refreshes in each of them in parallel, with the same refresh token.

const now = testClock()
const windows = [1, 2, 3, 4]

async function allTokens(answers: readonly Response[]): Promise<[Tokens, ...Tokens[]]> {
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  return (await Promise.all(answers.map((answer) => answer.json()))) as [Tokens, ...Tokens[]]
}

describe.each(hosts)('$name, with the default settings', ({ start }) => {
  let host: RunningHost
  let client: RegisteredClient
  let first: Tokens
  const events: AuthEvent[] = []
  const refresh = (refreshToken: string, changes: Record<string, string> = {}) =>
    postForm(`${host.origin}/token`, { ...refreshForm(client, refreshToken), ...changes })
  const inAllWindows = (changes: readonly Record<string, string>[] = windows.map(() => ({}))) =>
    Promise.all(changes.map((change) => refresh(first.refresh_token, change)))

  beforeAll(async () => {
    host = await start(notesApp({ now, events, store: slowStore(memoryStore({ now })) }))
    client = await register(host.origin)
  })
  afterAll(() => host.close())
  beforeEach(async () => {
    first = await newTokens(host.origin, client, { scope: 'notes:read notes:write' })
    events.length = 0
  })

  test('D-52 D-53 four parallel refreshes get the same successor and a working access token each', async () => {
    const tokens = await allTokens(await inAllWindows())
    expect(new Set(tokens.map((one) => one.refresh_token)).size).toBe(1)
    for (const { access_token } of tokens) {
      expect((await callMcp(host.origin, access_token)).status).toBe(200)
    }
    expect(events.map(({ type }) => type)).not.toContain('refresh.reused')
    expect((await refresh(tokens[0].refresh_token)).status).toBe(200)
  })

  test('D-54 D-55 each parallel refresh gets its requested scopes, and the grant keeps all', async () => {
    const scopes = ['notes:read', 'notes:write', 'notes:read notes:write', 'notes:read']
    const tokens = await allTokens(await inAllWindows(scopes.map((scope) => ({ scope }))))
    expect(tokens.map(({ access_token }) => decodeToken(access_token).claims['scope'])).toEqual(scopes)
    expect(new Set(tokens.map((one) => one.refresh_token)).size).toBe(1)
    const [next] = await allTokens([await refresh(tokens[0].refresh_token)])
    expect(next.scope).toBe('notes:read notes:write')
  })

  test('D-52 a refresh 29 seconds later returns the same successor', async () => {
    const [one] = await allTokens([await refresh(first.refresh_token)])
    now.advance(29)
    const [other] = await allTokens([await refresh(first.refresh_token)])
    expect(other.refresh_token).toBe(one.refresh_token)
  })

  test('D-52 a replay 30 seconds later ends the grant', async () => {
    const [next] = await allTokens(await inAllWindows())
    now.advance(30)
    await expectOAuthError(await refresh(first.refresh_token), 401, 'invalid_grant')
    expect(events.map(({ type }) => type)).toContain('refresh.reused')
    await expectOAuthError(await refresh(next.refresh_token), 401, 'invalid_grant')
    expect((await callMcp(host.origin, next.access_token)).status).toBe(401)
  })

  test('D-52 a replay after the successor was used ends the grant at once', async () => {
    const [second] = await allTokens(await inAllWindows())
    const [third] = await allTokens([await refresh(second.refresh_token)])
    await expectOAuthError(await refresh(first.refresh_token), 401, 'invalid_grant')
    await expectOAuthError(await refresh(third.refresh_token), 401, 'invalid_grant')
    expect((await callMcp(host.origin, third.access_token)).status).toBe(401)
  })
})

const key = { id: 'a', key: new Uint8Array(32).fill(7) }
const stores: readonly [string, () => Store][] = [
  ['a store in memory', () => memoryStore({ now })],
  ['an encrypted store across a network', () => encryptedStore(slowStore(), { keys: [key] })],
]

describe.each(stores)('with %s', (_name, openStore) => {
  test.each(['jwt', 'opaque'] as const)(
    'D-53 D-56 parallel refreshes for different resources get one successor and separate %s tokens',
    async (accessTokenFormat) => {
      const elsewhere = 'https://files.example.com/mcp'
      const options = { now, store: openStore(), accessTokenFormat, resources: [elsewhere] }
      const host = await anyHost.start(notesApp(options))
      const client = await register(host.origin)
      const own = `${host.origin}/mcp`
      const code = await newCode(host.origin, client, { resource: [own, elsewhere] })
      const redeemed = postForm(`${host.origin}/token`, { ...codeForm(client, code), resource: own })
      const [{ refresh_token }] = await allTokens([await redeemed])
      const asked = [own, elsewhere, own, elsewhere]
      const refresh = (token: string, resource: string) =>
        postForm(`${host.origin}/token`, { ...refreshForm(client, token), resource })
      const tokens = await allTokens(
        await Promise.all(asked.map((resource) => refresh(refresh_token, resource))),
      )
      expect(new Set(tokens.map((one) => one.refresh_token)).size).toBe(1)
      const accepted = await Promise.all(
        tokens.map(async ({ access_token }) => (await callMcp(host.origin, access_token)).status),
      )
      expect(accepted).toEqual([200, 401, 200, 401])
      expect((await refresh(tokens[0].refresh_token, elsewhere)).status).toBe(200)
      await host.close()
    },
  )

  test('D-50 D-61 parallel refreshes with a wrong secret or of another client get nothing and end nothing', async () => {
    const host = await anyHost.start(notesApp({ now, store: openStore() }))
    const [client, other] = await Promise.all([
      register(host.origin, { token_endpoint_auth_method: 'client_secret_post' }),
      register(host.origin),
    ])
    const redeemed = codeForm(client, await newCode(host.origin, client))
    const send = (form: Record<string, string>) => postForm(`${host.origin}/token`, form)
    const [{ refresh_token }] = await allTokens([await send(withSecret(client, redeemed))])
    const form = refreshForm(client, refresh_token)
    const [good, wrong, stolen, again] = await Promise.all([
      send(withSecret(client, form)),
      send({ ...form, client_secret: 'wrong' }),
      send({ ...form, client_id: other.client_id }),
      send(withSecret(client, form)),
    ])
    await expectOAuthError(wrong, 401, 'invalid_client')
    await expectOAuthError(stolen, 401, 'invalid_grant')
    const [one, two] = await allTokens([good, again])
    expect(two?.refresh_token).toBe(one.refresh_token)
    expect((await send(withSecret(client, refreshForm(client, one.refresh_token)))).status).toBe(200)
    await host.close()
  })
})
