import { type AuthEvent, memoryRateLimit, type Store } from '@tollgate/auth-core'
import { testClock } from '@tollgate/auth-testing'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { Asserter, assertionForm, type ClientKey, newClientKey } from '../harness/assertions.js'
import { countedStore } from '../harness/counted-store.js'
import { expectOAuthError } from '../harness/expectations.js'
import { anyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { type NotesAppOptions, notesApp } from '../harness/notes-app.js'
import {
  codeForm,
  newCode,
  newTokens,
  postForm,
  type RegisteredClient,
  refreshForm,
  register,
  type Tokens,
} from '../harness/oauth-driver.js'

// Anyone can register a client that signs assertions. Its requests must not fill the store.

const now = testClock()
let key: ClientKey
let otherKey: ClientKey
beforeAll(async () => {
  ;[key, otherKey] = await Promise.all([newClientKey(), newClientKey()])
})

const signs = (keys: JWK[] = [key.jwk]) => ({
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys },
})

describe.each(hosts)('$name', ({ start }) => {
  const store = countedStore(now)
  let host: RunningHost
  let client: RegisteredClient
  let asserter: Asserter
  let own: Tokens
  let foreign: Tokens
  beforeAll(async () => {
    host = await start(notesApp({ now, store }))
    client = await register(host.origin, signs())
    asserter = new Asserter(key, client.client_id, host.origin, now)
    foreign = await newTokens(host.origin, await register(host.origin))
  })
  afterAll(() => host.close())
  beforeEach(async () => {
    const form = codeForm(client, await newCode(host.origin, client))
    const answer = await postForm(`${host.origin}/token`, { ...form, ...(await asserter.form()) })
    own = (await answer.json()) as Tokens
  })

  /** Sends a token to an endpoint with an assertion. Returns the body and how many entries were added. */
  async function ask(path: string, token: string, assertion?: Record<string, string>) {
    const proof = assertion ?? (await asserter.form())
    const before = store.size()
    const answer = await postForm(`${host.origin}${path}`, { token, ...proof })
    return { status: answer.status, body: await answer.text(), stored: store.size() - before }
  }

  test.each(['/introspect', '/revoke'])(
    'E-18 E-29 N-16 an assertion of a failed request at %s is not stored',
    async (path) => {
      const nothing = path === '/introspect' ? '{"active":false}' : ''
      for (const token of ['x', 'x'.repeat(43), foreign.access_token, foreign.refresh_token])
        expect(await ask(path, token)).toEqual({ status: 200, body: nothing, stored: 0 })
    },
  )

  test('E-18 E-29 an assertion of a failed request still works once', async () => {
    const assertion = await asserter.form()
    expect(await ask('/revoke', foreign.refresh_token, assertion)).toMatchObject({ status: 200, stored: 0 })
    expect(await ask('/introspect', 'x', assertion)).toMatchObject({ status: 200, stored: 0 })
    const told = await ask('/introspect', own.access_token, assertion)
    expect(told).toMatchObject({ status: 200, body: expect.stringContaining('"active":true'), stored: 1 })
    for (const path of ['/introspect', '/revoke'])
      expect(await ask(path, own.access_token, assertion)).toMatchObject({ status: 401, stored: 0 })
    expect((await ask('/introspect', own.access_token)).body).toContain('"active":true')
  })

  test('E-18 E-29 H-06 an assertion revokes a token once and keeps the token of another client', async () => {
    const assertion = await asserter.form()
    expect(await ask('/revoke', own.refresh_token, assertion)).toMatchObject({ status: 200 })
    expect(await ask('/revoke', foreign.refresh_token, assertion)).toMatchObject({ status: 401 })
    expect((await ask('/introspect', own.access_token)).body).toBe('{"active":false}')
  })
})

describe('rate limits of assertions', () => {
  const running: RunningHost[] = []
  const events: AuthEvent[] = []
  const run = async (options: NotesAppOptions = {}) => {
    const host = await anyHost.start(notesApp({ now, events, ...options }))
    running.push(host)
    return host
  }
  afterEach(async () => {
    for (const one of running.splice(0)) await one.close()
    events.length = 0
  })

  test('L-23 E-29 a self-registered client is limited after authentication, and a configured one is not', async () => {
    const limit = { burst: 5, perMinute: 60 }
    const configured = { client_id: 'billing', grant_types: ['client_credentials'], ...signs() }
    const { origin } = await run({
      clients: [configured],
      rateLimit: memoryRateLimit({ now, requestsPerUnconfiguredClient: limit }),
    })
    const client = await register(origin, signs())
    const other = await register(origin, signs())
    await newCode(origin, client)
    const ask = async ({ client_id }: { readonly client_id: string }, path = '/introspect') => {
      const asserter = new Asserter(key, client_id, origin, now)
      return postForm(`${origin}${path}`, { token: 'x', ...(await asserter.form()) })
    }
    const statuses = async (one: { readonly client_id: string }, count: number) => {
      const all: number[] = []
      for (let i = 0; i < count; i += 1) all.push((await ask(one)).status)
      return all
    }
    expect(await statuses(client, 5)).toEqual([200, 200, 200, 200, 200])
    const refused = await ask(client, '/revoke')
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'request.limited',
        stage: 'authenticated',
        clientId: client.client_id,
      }),
    )
    expect(new Set([...(await statuses(other, 5)), ...(await statuses(configured, 20))])).toEqual(
      new Set([200]),
    )
    now.advance(1)
    expect((await ask(client)).status).toBe(200)
  })

  test('L-23 E-25 E-30 assertions of unapproved clients are limited before verification, and those of approved clients are not', async () => {
    const { origin } = await run({
      rateLimit: memoryRateLimit({ now, assertionsOfUnapproved: { burst: 3, perMinute: 60 } }),
    })
    const client = await register(origin, signs())
    const unapproved = await register(origin, signs())
    const { client_id = '', ...form } = codeForm(client, await newCode(origin, client))
    const ask = async (by: ClientKey, id: string) => {
      const assertion = await new Asserter(by, id, origin, now).form()
      return postForm(`${origin}/revoke`, { token: 'x', ...assertion })
    }
    const checks = vi.spyOn(crypto.subtle, 'verify')
    for (const id of [unapproved.client_id, 'unknown', unapproved.client_id])
      await expectOAuthError(await ask(otherKey, id), 401, 'invalid_client')
    expect(checks).toHaveBeenCalledTimes(3)
    for (const id of [unapproved.client_id, 'unknown', 'other']) {
      const refused = await ask(key, id)
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
    }
    expect(checks).toHaveBeenCalledTimes(3)
    expect(events).toContainEqual(expect.objectContaining({ type: 'request.limited', stage: 'proving' }))
    // An approved client is neither refused nor delayed, whatever others try in its name.
    for (let i = 0; i < 10; i += 1)
      await expectOAuthError(await ask(otherKey, client_id), 401, 'invalid_client')
    const assertion = await new Asserter(key, client_id, origin, now).form()
    expect((await postForm(`${origin}/token`, { ...form, ...assertion })).status).toBe(200)
    checks.mockRestore()
  })
})

describe('a client with many keys', () => {
  const running: RunningHost[] = []
  const events: AuthEvent[] = []
  let jwks: JWK[]
  let last: ClientKey
  beforeAll(async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, () => newClientKey()))
    last = keys.at(-1) as ClientKey
    jwks = await Promise.all(keys.map(({ jwk }, index) => ({ ...jwk, kid: `key-${index}` })))
  })
  afterEach(async () => {
    for (const one of running.splice(0)) await one.close()
    events.length = 0
    vi.restoreAllMocks()
  })
  const reasons = () => events.flatMap((event) => (event.type === 'client.rejected' ? [event.reason] : []))

  /** A client with many keys, and how many signatures are checked for its assertion. */
  async function withKeys(metadata: (jwks: { keys: object[] }) => object, count = 20) {
    const own = { keys: jwks.slice(-count) }
    const ssrfSafeFetch = async () => Response.json(own)
    const host = await anyHost.start(notesApp({ now, events, ssrfSafeFetch }))
    running.push(host)
    const client = await register(host.origin, {
      token_endpoint_auth_method: 'private_key_jwt',
      ...metadata(own),
    })
    await newCode(host.origin, client)
    return async (by: ClientKey, header: Record<string, unknown>) => {
      const assertion = await new Asserter(by, client.client_id, host.origin, now).form({ header })
      const checks = vi.spyOn(crypto.subtle, 'verify')
      const { status } = await postForm(`${host.origin}/revoke`, { token: 'x', ...assertion })
      const { length } = checks.mock.calls
      checks.mockRestore()
      return { status, checks: length }
    }
  }
  const places: [string, (jwks: { keys: object[] }) => object][] = [
    ['registered', (own) => ({ jwks: own })],
    ['published', () => ({ jwks_uri: 'https://client.example/jwks.json' })],
  ]

  test.each(places)(
    'E-30 with 20 %s keys, none is tried for an assertion without a key ID',
    async (_where, metadata) => {
      const ask = await withKeys(metadata)
      expect(await ask(otherKey, { kid: undefined })).toEqual({ status: 401, checks: 0 })
      expect(await ask(last, { kid: undefined })).toEqual({ status: 401, checks: 0 })
      expect(reasons()).toEqual(['assertion_key_ambiguous', 'assertion_key_ambiguous'])
      expect(events.find(({ type }) => type === 'client.rejected')?.hint).toContain('"kid"')
    },
  )

  test.each(places)('E-30 with 20 %s keys, the named one is tried', async (_where, metadata) => {
    const ask = await withKeys(metadata)
    expect(await ask(last, { kid: 'key-19' })).toEqual({ status: 200, checks: 1 })
    const wrong = await ask(otherKey, { kid: 'key-19' })
    expect(wrong.status).toBe(401)
    // A published key is fetched once more because it may have changed.
    expect(wrong.checks).toBeLessThanOrEqual(2)
    expect((await ask(otherKey, { kid: 'key-19' })).checks).toBe(1)
  })

  test.each(places)('E-30 with four %s keys, each is tried', async (_where, metadata) => {
    const ask = await withKeys(metadata, 4)
    const { status, checks } = await ask(last, { kid: undefined })
    expect(status).toBe(200)
    expect(checks).toBeLessThanOrEqual(4)
    const wrong = await ask(otherKey, { kid: undefined })
    expect(wrong.status).toBe(401)
    // Published keys are fetched once more because they may have changed.
    expect(wrong.checks).toBeLessThanOrEqual(8)
    expect((await ask(otherKey, { kid: undefined })).checks).toBe(4)
  })

  test('E-30 keys of other types and algorithms do not count', async () => {
    const others = await Promise.all(
      ['ES384', 'EdDSA', 'ES512', 'RS256', 'RS256'].map(async (alg, index) => {
        const { publicKey } = await generateKeyPair(alg, { extractable: true })
        return { ...(await exportJWK(publicKey)), kid: `other-${index}`, alg }
      }),
    )
    const ask = await withKeys(({ keys }) => ({ jwks: { keys: [...others, ...keys] } }), 1)
    expect(await ask(last, { kid: undefined })).toEqual({ status: 200, checks: 1 })
  })

  test('E-30 all keys of a configured client are tried', async () => {
    const own = { client_id: 'many', grant_types: ['client_credentials'], ...signs(jwks) }
    const host = await anyHost.start(notesApp({ now, events, clients: [own] }))
    running.push(host)
    const assertion = await new Asserter(last, 'many', host.origin, now).sign({ header: { kid: undefined } })
    const form = { token: 'x', ...assertionForm(assertion) }
    expect((await postForm(`${host.origin}/revoke`, form)).status).toBe(200)
  })
})

test('N-16 E-29 a client that signs its refreshes stores one assertion each, up to its limit', async () => {
  const store: Store & { size(): number } = countedStore(now)
  const rateLimit = memoryRateLimit({ now, requestsPerUnconfiguredClient: { burst: 10, perMinute: 60 } })
  const host = await anyHost.start(notesApp({ now, store, rateLimit }))
  const client = await register(host.origin, signs())
  const asserter = new Asserter(key, client.client_id, host.origin, now)
  const send = async (form: Record<string, string>) =>
    postForm(`${host.origin}/token`, { ...form, ...(await asserter.form()) })
  let tokens = (await (await send(codeForm(client, await newCode(host.origin, client)))).json()) as Tokens
  const before = store.size()
  let refused = 0
  for (let i = 0; i < 30; i += 1) {
    const answer = await send(refreshForm(client, tokens.refresh_token))
    if (answer.status === 200) tokens = (await answer.json()) as Tokens
    else refused += 1
  }
  expect(refused).toBe(21)
  expect(store.size() - before).toBe(9)
  now.advance(1)
  expect((await send(refreshForm(client, tokens.refresh_token))).status).toBe(200)
  await host.close()
})
