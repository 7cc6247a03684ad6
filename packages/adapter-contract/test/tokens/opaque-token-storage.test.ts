import { memoryStore, type Store } from '@tollgate/auth-core'
import { testClock } from '@tollgate/auth-testing'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Asserter, type ClientKey, newClientKey } from '../harness/assertions.js'
import { countedStore } from '../harness/counted-store.js'
import { heldStore } from '../harness/held-store.js'
import { anyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { inProcess } from '../harness/in-process.js'
import { type NotesAppOptions, notesApp } from '../harness/notes-app.js'
import {
  callMcp,
  codeForm,
  newCode,
  newTokens,
  postForm,
  refreshForm,
  register,
  type Tokens,
} from '../harness/oauth-driver.js'
import { slowStore } from '../harness/slow-store.js'
import { fromClient, refreshRequest } from '../harness/valid-requests.js'

// The store holds the meaning of opaque access tokens, and any client with a grant can refresh without limit.

const now = testClock()
const accessTokenFormat = 'opaque'
/** The number of access tokens that a grant keeps per resource. */
const most = 10

const running: RunningHost[] = []
afterEach(async () => {
  for (const one of running.splice(0)) await one.close()
})

async function tokensOf(answer: Response): Promise<Tokens> {
  expect(answer.status).toBe(200)
  return (await answer.json()) as Tokens
}

describe.each(hosts)('$name', ({ start }) => {
  async function open(options: NotesAppOptions = {}) {
    const store = countedStore(now)
    const host = await start(notesApp({ now, store, accessTokenFormat, ...options }))
    running.push(host)
    const client = await register(host.origin)
    const first = await newTokens(host.origin, client, { scope: 'notes:read notes:write' })
    const refresh = async (token: string, changes: Record<string, string> = {}) =>
      tokensOf(await postForm(`${host.origin}/token`, { ...refreshForm(client, token), ...changes }))
    const call = async ({ access_token }: Tokens) => (await callMcp(host.origin, access_token)).status
    const before = store.size()
    return { host, client, first, refresh, call, grown: () => store.size() - before }
  }

  test('N-16 D-76 a grant refreshed many times stores only its latest access tokens', async () => {
    const { first, refresh, call, grown } = await open()
    const all = [first]
    for (let i = 0; i < 40; i += 1) all.push(await refresh((all.at(-1) as Tokens).refresh_token))
    expect(grown()).toBe(most - 1)
    const statuses = await Promise.all(all.map(call))
    expect(statuses).toEqual(all.map((_, index) => (index < all.length - most ? 401 : 200)))
  })

  test('N-16 D-52 D-76 a refresh repeated many times stores no more tokens', async () => {
    const { first, refresh, call, grown } = await open()
    const scopes = ['notes:read', 'notes:write', 'notes:read notes:write', 'notes:write notes:read']
    const all: Tokens[] = []
    for (let i = 0; i < 40; i += 1)
      all.push(await refresh(first.refresh_token, { scope: scopes[i % 4] ?? '' }))
    expect(new Set(all.map(({ refresh_token }) => refresh_token)).size).toBe(1)
    expect(new Set(all.map(({ access_token }) => access_token)).size).toBe(4)
    expect(grown()).toBe(4)
    expect(await Promise.all(all.slice(0, 4).map(call))).toEqual([200, 403, 200, 200])
  })

  test('D-52 D-76 a repeated refresh returns the previous access token for its remaining lifetime', async () => {
    const { first, refresh, call } = await open()
    const one = await refresh(first.refresh_token)
    now.advance(20)
    const again = await refresh(first.refresh_token)
    expect(again).toEqual({ ...one, expires_in: 3580 })
    expect(await call(again)).toBe(200)
    expect(await call(first)).toBe(200)
  })

  test('D-55 D-56 D-76 a client that alternates resources keeps one access token for each', async () => {
    const elsewhere = Array.from({ length: 10 }, (_, i) => `https://rs${i}.example/mcp`)
    const store = memoryStore({ now })
    const host = await start(notesApp({ now, store, accessTokenFormat, resources: elsewhere }))
    running.push(host)
    const own = `${host.origin}/mcp`
    const client = await register(host.origin)
    const code = await newCode(host.origin, client, { resource: [own, ...elsewhere] })
    const send = (form: Record<string, string>) => postForm(`${host.origin}/token`, form)
    let tokens = await tokensOf(await send({ ...codeForm(client, code), resource: own }))
    const { access_token } = tokens
    for (const resource of elsewhere)
      tokens = await tokensOf(await send({ ...refreshForm(client, tokens.refresh_token), resource }))
    expect((await callMcp(host.origin, access_token)).status).toBe(200)
  })
})

describe('parallel refreshes', () => {
  test('N-16 D-53 D-76 fifty parallel refreshes store one access token', async () => {
    const counted = countedStore(now)
    const host = await anyHost.start(notesApp({ now, store: slowStore(counted), accessTokenFormat }))
    running.push(host)
    const client = await register(host.origin)
    const { refresh_token } = await newTokens(host.origin, client)
    const before = counted.size()
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => postForm(`${host.origin}/token`, refreshForm(client, refresh_token))),
    )
    const tokens = await Promise.all(answers.map(tokensOf))
    expect(new Set(tokens.map(({ access_token }) => access_token)).size).toBe(1)
    expect((await callMcp(host.origin, tokens[0]?.access_token)).status).toBe(200)
    expect(counted.size() - before).toBe(1)
  })

  test('D-53 D-54 D-76 parallel refreshes with different scopes all succeed at two processes', async () => {
    const store = slowStore(memoryStore({ now }))
    const host = await anyHost.start(notesApp({ now, store, accessTokenFormat }))
    const options = { now, store, accessTokenFormat, issuerUrl: host.origin } as const
    const other = await anyHost.start(notesApp({ ...options, resources: [`${host.origin}/mcp`] }))
    running.push(host, other)
    const client = await register(host.origin)
    const first = await newTokens(host.origin, client, { scope: 'notes:read notes:write' })
    const scopes = ['notes:read', 'notes:write', 'notes:read notes:write', 'notes:write notes:read']
    const answers = await Promise.all(
      [...scopes, ...scopes].map((scope, index) =>
        postForm(`${index % 2 === 0 ? host.origin : other.origin}/token`, {
          ...refreshForm(client, first.refresh_token),
          resource: `${host.origin}/mcp`,
          scope,
        }),
      ),
    )
    const tokens = await Promise.all(answers.map(tokensOf))
    expect(tokens.map(({ scope }) => scope)).toEqual([...scopes, ...scopes])
    expect(new Set(tokens.map(({ refresh_token }) => refresh_token)).size).toBe(1)
    const statuses = await Promise.all(
      tokens.map(async ({ access_token }) => (await callMcp(host.origin, access_token)).status),
    )
    expect(statuses).toEqual([200, 403, 200, 200, 200, 403, 200, 200])
  })

  test('N-16 E-18 D-76 an assertion used twice in parallel leaves no access token', async () => {
    const key: ClientKey = await newClientKey()
    for (const grant of ['code', 'refresh'] as const) {
      const counted = countedStore(now)
      const host = await anyHost.start(notesApp({ now, store: slowStore(counted), accessTokenFormat }))
      running.push(host)
      const client = await register(host.origin, {
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [key.jwk] },
      })
      const asserter = new Asserter(key, client.client_id, host.origin, now)
      const redeem = async () => ({
        ...codeForm(client, await newCode(host.origin, client)),
        ...(await asserter.form()),
      })
      const send = (form: Record<string, string>) => postForm(`${host.origin}/token`, form)
      const form =
        grant === 'code'
          ? await redeem()
          : {
              ...refreshForm(client, (await tokensOf(await send(await redeem()))).refresh_token),
              ...(await asserter.form()),
            }
      const before = counted.size()
      const answers = await Promise.all(Array.from({ length: 20 }, () => send(form)))
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
      // The assertion, the access token, and for a code the family.
      expect(counted.size() - before).toBeLessThanOrEqual(grant === 'code' ? 3 : 2)
    }
  })
})

describe('two processes', () => {
  let key: ClientKey
  beforeAll(async () => {
    key = await newClientKey()
  })
  const twoServers = <S extends Store>(store: S) =>
    [0, 1].map(() => inProcess(key, { store, accessTokenFormat })) as [
      ReturnType<typeof inProcess>,
      ReturnType<typeof inProcess>,
    ]
  const callOf = ({ access_token }: Tokens) => ({
    method: 'GET',
    path: '/mcp',
    query: [],
    headers: { authorization: `Bearer ${access_token}` },
    body: { kind: 'none' as const },
  })

  test('D-53 D-54 D-76 a refresh that intervenes at any store operation returns the same successor, and both tokens work', async () => {
    for (let n = 1; ; n += 1) {
      const store = heldStore()
      const [here, there] = twoServers(store)
      const request = await refreshRequest(here, 'without')
      const { reached, release } = store.holdAt(n)
      const begun = here.send(request)
      const isHeld = await Promise.race([reached.then(() => true), begun.then(() => false)])
      if (!isHeld) {
        expect(n).toBeGreaterThan(5)
        break
      }
      const other = await tokensOf(await there.send(request))
      release()
      const one = await tokensOf(await begun)
      expect(one.refresh_token).toBe(other.refresh_token)
      expect(one.access_token).toBe(other.access_token)
      expect((await there.send(callOf(one))).status).toBe(200)
      const form = { grant_type: 'refresh_token', refresh_token: one.refresh_token }
      expect((await here.send(await fromClient(here, '/token', 'without', form))).status).toBe(200)
    }
  })
})
