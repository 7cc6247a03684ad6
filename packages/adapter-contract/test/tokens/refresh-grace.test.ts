import type { AuthEvent } from '@tollgate/auth-core'
import { decodeToken, testClock } from '@tollgate/auth-testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expectOAuthError } from '../harness/expectations.js'
import { anyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp } from '../harness/notes-app.js'
import {
  callMcp,
  newTokens,
  postForm,
  type RegisteredClient,
  refreshForm,
  register,
  type Tokens,
} from '../harness/oauth-driver.js'
import { observedStore } from '../harness/observed-store.js'
import { slowStore } from '../harness/slow-store.js'

const now = testClock()

describe.each(hosts)('$name, with ten seconds of grace', ({ start }) => {
  let host: RunningHost
  let client: RegisteredClient
  let first: Tokens
  const events: AuthEvent[] = []
  const send = (refreshToken: string, changes: Record<string, string> = {}) =>
    postForm(`${host.origin}/token`, { ...refreshForm(client, refreshToken), ...changes })
  const refresh = async (refreshToken: string, changes: Record<string, string> = {}) => {
    const answer = await send(refreshToken, changes)
    expect(answer.status).toBe(200)
    return (await answer.json()) as Tokens
  }

  beforeAll(async () => {
    host = await start(notesApp({ now, events, refreshGrace: 10 }))
    client = await register(host.origin)
  })
  afterAll(() => host.close())
  beforeEach(async () => {
    first = await newTokens(host.origin, client, { scope: 'notes:read notes:write' })
    events.length = 0
  })

  test('D-52 a request whose response was lost gets the same refresh token again', async () => {
    const lost = await refresh(first.refresh_token)
    now.advance(9)
    const again = await refresh(first.refresh_token)
    expect(again.refresh_token).toBe(lost.refresh_token)
    expect(again.access_token).not.toBe(lost.access_token)
    for (const { access_token } of [first, lost, again]) {
      expect((await callMcp(host.origin, access_token)).status).toBe(200)
    }
    expect(events.map(({ type }) => type)).toEqual(['tokens.issued', 'refresh.repeated', 'tokens.issued'])
    expect(events[1]).toMatchObject({
      type: 'refresh.repeated',
      clientId: client.client_id,
      subject: 'alice',
    })
    await refresh(again.refresh_token)
  })

  test('D-52 the grace ends on time, and a repeated response does not extend it', async () => {
    await refresh(first.refresh_token)
    now.advance(9)
    const again = await refresh(first.refresh_token)
    now.advance(1)
    await expectOAuthError(await send(first.refresh_token), 401, 'invalid_grant')
    expect(events.some(({ type }) => type === 'refresh.reused')).toBe(true)
    await expectOAuthError(await send(again.refresh_token), 401, 'invalid_grant')
    expect((await callMcp(host.origin, again.access_token)).status).toBe(401)
  })

  test('D-52 the grace ends when anyone uses the successor', async () => {
    const second = await refresh(first.refresh_token)
    const third = await refresh(second.refresh_token)
    await expectOAuthError(await send(first.refresh_token), 401, 'invalid_grant')
    await expectOAuthError(await send(third.refresh_token), 401, 'invalid_grant')
    expect((await callMcp(host.origin, third.access_token)).status).toBe(401)
  })

  test('D-54 D-55 a repeated request is checked again', async () => {
    await refresh(first.refresh_token)
    await expectOAuthError(await send(first.refresh_token, { scope: '"' }), 400, 'invalid_scope')
    const narrow = await refresh(first.refresh_token, { scope: 'notes:read' })
    expect(decodeToken(narrow.access_token).claims['scope']).toBe('notes:read')
    expect((await refresh(narrow.refresh_token)).scope).toBe('notes:read notes:write')
  })

  test('D-50 another client cannot repeat the request', async () => {
    const second = await refresh(first.refresh_token)
    const other = await register(host.origin)
    const stolen = await send(first.refresh_token, { client_id: other.client_id })
    await expectOAuthError(stolen, 401, 'invalid_grant')
    await refresh(second.refresh_token)
  })
})

test('D-53 N-03 fifty parallel requests are one rotation, and all succeed', async () => {
  const store = slowStore()
  const host = await anyHost.start(notesApp({ store, refreshGrace: 10 }))
  const client = await register(host.origin)
  const { refresh_token } = await newTokens(host.origin, client)
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => postForm(`${host.origin}/token`, refreshForm(client, refresh_token))),
  )
  const tokens = await Promise.all(answers.map(async (answer) => (await answer.json()) as Tokens))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  expect(new Set(tokens.map((one) => one.refresh_token)).size).toBe(1)
  const [one] = tokens as [Tokens]
  const next = await postForm(`${host.origin}/token`, refreshForm(client, one.refresh_token))
  expect(next.status).toBe(200)
  await host.close()
})

test('D-20 N-04 what is stored for a repeated request reveals no token', async () => {
  const store = observedStore()
  const host = await anyHost.start(notesApp({ store, refreshGrace: 60 }))
  const client = await register(host.origin)
  const first = await newTokens(host.origin, client)
  const send = (token: string) => postForm(`${host.origin}/token`, refreshForm(client, token))
  const second = (await (await send(first.refresh_token)).json()) as Tokens
  await send(first.refresh_token)
  const written = store.written.join('\n')
  for (const part of [first, second].flatMap(({ refresh_token }) => refresh_token.split('.'))) {
    expect(part.length).toBeGreaterThan(20)
    expect(written).not.toContain(part)
  }
  await host.close()
})

test('D-52 N-16 a chain of refreshes is one record of constant size', async () => {
  const store = observedStore()
  const host = await anyHost.start(notesApp({ store }))
  const client = await register(host.origin)
  let tokens = await newTokens(host.origin, client)
  const keysBefore = new Set(store.written.filter((_text, index) => index % 2 === 0))
  const first = tokens
  for (let count = 0; count < 20; count += 1) {
    const answer = await postForm(`${host.origin}/token`, refreshForm(client, tokens.refresh_token))
    tokens = (await answer.json()) as Tokens
  }
  expect(new Set(store.written.filter((_text, index) => index % 2 === 0))).toEqual(keysBefore)
  const reused = await postForm(`${host.origin}/token`, refreshForm(client, first.refresh_token))
  await expectOAuthError(reused, 401, 'invalid_grant')
  expect((await callMcp(host.origin, tokens.access_token)).status).toBe(401)
  await host.close()
})

describe('a slow answer of the application about the user', () => {
  const clock = testClock()
  const events: AuthEvent[] = []
  let host: RunningHost
  let client: RegisteredClient
  /** Holds the next question about the user until it is called. */
  let hold: (() => void) | undefined
  let wasAsked: Promise<void>
  let asked = () => {}
  beforeAll(async () => {
    const isUserAllowed = () => {
      const answer =
        hold === undefined
          ? true
          : new Promise<boolean>((resolve) => {
              hold = () => resolve(true)
            })
      asked()
      return answer
    }
    host = await anyHost.start(notesApp({ now: clock, events, refreshGrace: 10, isUserAllowed }))
    client = await register(host.origin)
  })
  afterAll(() => host.close())
  const send = (token: string) => postForm(`${host.origin}/token`, refreshForm(client, token))
  const refreshed = async (token: string) => (await (await send(token)).json()) as Tokens

  /** Repeats a refresh and does something else before the application responds. */
  async function repeatedDuring<T>(token: string, work: () => Promise<T>): Promise<[Response, T]> {
    hold = () => {}
    wasAsked = new Promise((resolve) => {
      asked = resolve
    })
    const repeated = send(token)
    await wasAsked
    const answer = hold
    hold = undefined
    const done = await work()
    answer()
    return [await repeated, done]
  }

  test('D-52 a repeated request gets nothing after its successor was used, and all tokens are revoked', async () => {
    const first = await newTokens(host.origin, client)
    const second = await refreshed(first.refresh_token)
    events.length = 0
    const [stolen, third] = await repeatedDuring(first.refresh_token, () => refreshed(second.refresh_token))
    await expectOAuthError(stolen, 401, 'invalid_grant')
    expect(events.map(({ type }) => type)).toContain('refresh.reused')
    expect(events.map(({ type }) => type)).not.toContain('refresh.repeated')
    expect((await callMcp(host.origin, third.access_token)).status).toBe(401)
    await expectOAuthError(await send(third.refresh_token), 401, 'invalid_grant')
  })

  test('D-52 a request that arrived within the grace succeeds however long it takes', async () => {
    const first = await newTokens(host.origin, client)
    const second = await refreshed(first.refresh_token)
    const [repeated] = await repeatedDuring(first.refresh_token, async () => clock.advance(11))
    expect(repeated.status).toBe(200)
    expect(((await repeated.json()) as Tokens).refresh_token).toBe(second.refresh_token)
    expect((await send(second.refresh_token)).status).toBe(200)
  })

  test('D-52 a request that arrived before its rotation succeeds', async () => {
    const first = await newTokens(host.origin, client)
    events.length = 0
    const [late, second] = await repeatedDuring(first.refresh_token, async () => {
      const faster = await refreshed(first.refresh_token)
      clock.advance(11)
      return faster
    })
    expect(late.status).toBe(200)
    expect(((await late.json()) as Tokens).refresh_token).toBe(second.refresh_token)
    expect(events.map(({ type }) => type)).not.toContain('refresh.reused')
    expect((await send(second.refresh_token)).status).toBe(200)
  })
})
