import { createSign, generateKeyPairSync } from 'node:crypto'
import { type AuthEvent, memoryStore } from '@tollgate/auth-core'
import { describe, expect, test } from 'vitest'
import { basicOf, withSecret } from '../harness/credentials.js'
import {
  expectCode,
  expectErrorPage,
  expectErrorRedirect,
  expectOAuthError,
  expectOutage,
} from '../harness/expectations.js'
import { type FaultyStore, faultyStore } from '../harness/faulty-store.js'
import { anyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { type NotesAppOptions, notesApp, notesProvider } from '../harness/notes-app.js'
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
  register,
  type Tokens,
} from '../harness/oauth-driver.js'

/** One server with a failing store, one client with a secret, and the start of every flow. */
interface Scene {
  readonly host: RunningHost
  readonly store: FaultyStore
  readonly client: RegisteredClient
  /** A code that is not redeemed, and the tokens of another one. */
  readonly code: string
  readonly tokens: Tokens
  readonly browser: Browser
  readonly page: string
  readonly events: AuthEvent[]
}

interface Flow {
  readonly name: string
  /** The request that is sent while the store fails, and again afterwards. */
  readonly send: (scene: Scene) => Promise<Response>
  /** The response while the store fails. */
  readonly expectFailure: (failed: Response, scene: Scene) => Promise<void>
  readonly expectSuccess: (answer: Response, scene: Scene) => Promise<void>
}

const token = ({ host, client }: Scene, form: Record<string, string>) =>
  postForm(`${host.origin}/token`, form, basicOf(client))

async function expectGoodTokens(answer: Response, { host }: Scene): Promise<void> {
  expect(answer.status).toBe(200)
  const { access_token } = (await answer.json()) as Tokens
  expect((await callMcp(host.origin, access_token)).status).toBe(200)
}

/** Before the client is known, the user sees the error. Then the client receives it. */
function expectBrowserFailure(status: 302 | 303) {
  return async (failed: Response, { host }: Scene) => {
    if (failed.status === 503) {
      expect(Number(failed.headers.get('retry-after'))).toBeGreaterThan(0)
      await expectErrorPage(failed, 503)
      return
    }
    expectErrorRedirect(failed, 'temporarily_unavailable', {
      to: `${callback}?`,
      issuer: host.origin,
      status,
    })
  }
}

const flows: Flow[] = [
  {
    name: 'registration',
    send: ({ host }) =>
      fetch(`${host.origin}/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ redirect_uris: [callback] }),
      }),
    expectFailure: expectOutage,
    expectSuccess: async (answer) => expect(answer.status).toBe(201),
  },
  {
    name: 'the authorization request',
    send: ({ host, client }) => new Browser('alice').open(authorizationUrl(host.origin, client)),
    expectFailure: expectBrowserFailure(302),
    expectSuccess: async (answer) => expect(answer.status).toBe(200),
  },
  {
    name: 'allowing',
    send: ({ host, browser, page }) => browser.answer(host.origin, page, 'allow'),
    expectFailure: expectBrowserFailure(303),
    async expectSuccess(answer, scene) {
      const { host, client } = scene
      const code = expectCode(answer, { to: `${callback}?`, issuer: host.origin, status: 303 })
      await expectGoodTokens(await token(scene, codeForm(client, code)), scene)
    },
  },
  {
    name: 'denying',
    send: ({ host, browser, page }) => browser.answer(host.origin, page, 'deny'),
    expectFailure: expectBrowserFailure(303),
    async expectSuccess(answer, { host }) {
      expectErrorRedirect(answer, 'access_denied', { to: `${callback}?`, issuer: host.origin, status: 303 })
    },
  },
  {
    name: 'the redemption of a code',
    send: (scene) => token(scene, codeForm(scene.client, scene.code)),
    expectFailure: expectOutage,
    expectSuccess: expectGoodTokens,
  },
  {
    name: 'a refresh',
    send: (scene) => token(scene, refreshForm(scene.client, scene.tokens.refresh_token)),
    expectFailure: expectOutage,
    expectSuccess: expectGoodTokens,
  },
  {
    name: 'the revocation of a refresh token',
    send: ({ host, client, tokens }) =>
      postForm(`${host.origin}/revoke`, { token: tokens.refresh_token }, basicOf(client)),
    expectFailure: expectOutage,
    async expectSuccess(answer, { host, tokens }) {
      expect(answer.status).toBe(200)
      expect((await callMcp(host.origin, tokens.access_token)).status).toBe(401)
    },
  },
  {
    name: 'the revocation of an access token',
    send: ({ host, client, tokens }) =>
      postForm(`${host.origin}/revoke`, { token: tokens.access_token }, basicOf(client)),
    expectFailure: expectOutage,
    async expectSuccess(answer, { host, tokens }) {
      expect(answer.status).toBe(200)
      expect((await callMcp(host.origin, tokens.access_token)).status).toBe(401)
    },
  },
  {
    name: 'introspection',
    send: ({ host, client, tokens }) =>
      postForm(`${host.origin}/introspect`, { token: tokens.access_token }, basicOf(client)),
    expectFailure: expectOutage,
    expectSuccess: async (answer) => expect(await answer.json()).toMatchObject({ active: true }),
  },
  {
    name: 'a call of the resource',
    send: ({ host, tokens }) => callMcp(host.origin, tokens.access_token),
    async expectFailure(failed) {
      expect(failed.headers.get('www-authenticate')).toBeNull()
      await expectOutage(failed)
    },
    expectSuccess: async (answer) => expect(answer.status).toBe(200),
  },
]

async function setUp(start = anyHost.start, options: NotesAppOptions = {}): Promise<Scene> {
  const store = faultyStore()
  const events: AuthEvent[] = []
  const before = await start(notesApp({ store, events, ...options }))
  const { origin } = before
  const client = await register(origin, { token_endpoint_auth_method: 'client_secret_basic' })
  const spent = await newCode(origin, client)
  const redeemed = await postForm(`${origin}/token`, codeForm(client, spent), basicOf(client))
  const browser = new Browser('alice')
  const page = await (await browser.open(authorizationUrl(origin, client))).text()
  const code = await newCode(origin, client)
  const tokens = (await redeemed.json()) as Tokens
  return { host: before, store, client, code, tokens, browser, page, events }
}

describe('a store that applies one write and then is unavailable', () => {
  /** The most doubtful fault: the write happened, and the server cannot find that out. */
  async function spend(name: string, options?: NotesAppOptions): Promise<{ flow: Flow; scene: Scene }> {
    const flow = flows.find((one) => one.name === name) as Flow
    const scene = await setUp(anyHost.start, options)
    scene.store.failFrom('compareAndSwap')
    await flow.expectFailure(await flow.send(scene), scene)
    scene.store.heal()
    return { flow, scene }
  }

  test('D-14 D-37 a consumed code returns nothing when repeated, and the user starts over', async () => {
    const { flow, scene } = await spend('the redemption of a code')
    await expectOAuthError(await flow.send(scene), 401, 'invalid_grant')
    expect(scene.events.some(({ type }) => type === 'code.replayed')).toBe(true)
    expect((await callMcp(scene.host.origin, scene.tokens.access_token)).status).toBe(200)
    await scene.host.close()
  })

  test('D-14 D-52 D-57 a consumed refresh token returns its successor when repeated', async () => {
    const { flow, scene } = await spend('a refresh')
    await flow.expectSuccess(await flow.send(scene), scene)
    expect((await callMcp(scene.host.origin, scene.tokens.access_token)).status).toBe(200)
    await scene.host.close()
  })

  test('D-14 D-52 D-57 without grace, a repeated refresh token ends the grant', async () => {
    const { flow, scene } = await spend('a refresh', { refreshGrace: 0 })
    // Until then, the previous access token is valid.
    expect((await callMcp(scene.host.origin, scene.tokens.access_token)).status).toBe(200)
    await expectOAuthError(await flow.send(scene), 401, 'invalid_grant')
    expect((await callMcp(scene.host.origin, scene.tokens.access_token)).status).toBe(401)
    await scene.host.close()
  })
})

describe('a store that is unavailable at the first request of a new server', () => {
  test('D-14 D-57 a store outage does not lose the signing key', async () => {
    for (let n = 1; ; n += 1) {
      const store = faultyStore()
      const host = await anyHost.start(notesApp({ store }))
      const client = await register(host.origin)
      const code = await newCode(host.origin, client)
      store.failAt(n)
      const first = await postForm(`${host.origin}/token`, codeForm(client, code))
      const { operations } = store
      store.heal()
      if (operations < n) {
        await host.close()
        // Three more than with a key: to look for it, to add it, and to read the stored one.
        expect(operations).toBeGreaterThanOrEqual(8)
        break
      }
      await expectOutage(first)
      const again = await postForm(`${host.origin}/token`, codeForm(client, code))
      expect(again.status).toBe(200)
      const { access_token } = (await again.json()) as Tokens
      expect((await callMcp(host.origin, access_token)).status).toBe(200)
      const jwks = (await (await fetch(`${host.origin}/jwks`)).json()) as { keys: unknown[] }
      expect(jwks.keys).toHaveLength(1)
      await host.close()
    }
  })

  test('D-14 D-57 an outage of the key management service consumes nothing', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    let isDown = false
    const sign = async (data: Uint8Array) => {
      if (isDown) throw new Error('connect ECONNREFUSED, with secret details')
      return createSign('sha256').update(data).sign(privateKey)
    }
    const publicJwk = { ...publicKey.export({ format: 'jwk' }), alg: 'ES256' }
    const host = await anyHost.start(notesApp({ signingKeys: [{ publicJwk, sign }] }))
    const client = await register(host.origin)
    const send = (form: Record<string, string>) => postForm(`${host.origin}/token`, form)
    const redemption = codeForm(client, await newCode(host.origin, client))
    isDown = true
    await expectOutage(await send(redemption))
    isDown = false
    const tokens = (await (await send(redemption)).json()) as Tokens
    expect((await callMcp(host.origin, tokens.access_token)).status).toBe(200)
    isDown = true
    await expectOutage(await send(refreshForm(client, tokens.refresh_token)))
    isDown = false
    expect((await send(refreshForm(client, tokens.refresh_token))).status).toBe(200)
    await host.close()
  })

  test('D-14 signing keys are unavailable, not absent, during an outage', async () => {
    const store = faultyStore()
    const host = await anyHost.start(notesApp({ store }))
    store.failAlways()
    await expectOutage(await fetch(`${host.origin}/jwks`))
    store.heal()
    expect((await fetch(`${host.origin}/jwks`)).status).toBe(200)
    await host.close()
  })
})

describe.each(hosts)('$name', ({ start }) => {
  test('D-14 H-09 C-34 O-09 a store outage gets the same response on every host', async () => {
    const scene = await setUp(start)
    for (const flow of flows) {
      scene.store.failAlways()
      const failed = await flow.send(scene)
      expect([...failed.headers.values()].join()).not.toContain('secret')
      await flow.expectFailure(failed, scene)
    }
    scene.store.heal()
    for (const flow of flows.filter(({ name }) => name !== 'denying' && !name.startsWith('the revocation'))) {
      await flow.expectSuccess(await flow.send(scene), scene)
    }
    await scene.host.close()
  })

  test('D-14 O-09 an unreadable record is an outage and is not revealed', async () => {
    const store = memoryStore()
    let isBroken = false
    const host = await start(
      notesApp({ store: { ...store, get: async (key) => (isBroken ? '{secret detail' : store.get(key)) } }),
    )
    const client = await register(host.origin, { token_endpoint_auth_method: 'client_secret_post' })
    isBroken = true
    for (const failed of await requestsOf(host, client)) await expectOutage(failed)
    const page = await new Browser('alice').open(authorizationUrl(host.origin, client))
    expect(await expectErrorPage(page, 503)).not.toContain('secret')
    await host.close()
  })

  test('D-15 O-09 an internal error is a server_error without details', async () => {
    let isBroken = false
    const now = () => {
      if (isBroken) throw new RangeError('secret detail')
      return 1_800_000_000
    }
    const host = await start((origin) => ({ provider: notesProvider(origin, { now, store: memoryStore() }) }))
    const client = await register(host.origin, { token_endpoint_auth_method: 'client_secret_post' })
    isBroken = true
    for (const failed of await requestsOf(host, client)) {
      // Whatever the mistake was taken for, the response is in the terms of the protocol.
      const isServerError = failed.status === 500
      await expectOAuthError(
        failed,
        isServerError ? 500 : 503,
        isServerError ? 'server_error' : 'temporarily_unavailable',
      )
    }
    const page = await new Browser('alice').open(authorizationUrl(host.origin, client))
    expect(await expectErrorPage(page, page.status)).not.toContain('secret')
    expect([500, 503]).toContain(page.status)
    await host.close()
  })
})

/** One request to each endpoint for clients. */
function requestsOf(host: RunningHost, client: RegisteredClient): Promise<Response[]> {
  return Promise.all([
    postForm(`${host.origin}/token`, withSecret(client, { grant_type: 'refresh_token', refresh_token: 'x' })),
    postForm(`${host.origin}/revoke`, withSecret(client, { token: 'x' })),
    postForm(`${host.origin}/introspect`, withSecret(client, { token: 'x' })),
  ])
}
