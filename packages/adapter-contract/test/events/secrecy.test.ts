import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  type AuthEvent,
  IntrospectionTokenVerifier,
  JWTVerifier,
  MultiAuth,
  type OAuthProvider,
  RemoteAuthProvider,
  type RoutedProvider,
} from '@tollgate/auth-core'
import { createBearerGate } from '@tollgate/auth-core/adapter'
import { decodeToken, type ListeningIssuer, listenTestIssuer, testClock } from '@tollgate/auth-testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { basic, basicOf, secretOf } from '../harness/credentials.js'
import { type FaultyStore, faultyStore } from '../harness/faulty-store.js'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { everyLogger } from '../harness/loggers.js'
import { notesProvider, signInByCookie } from '../harness/notes-app.js'
import {
  authorizationUrl,
  authorizeInBrowser,
  Browser,
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
import { type SecrecyWatch, watchSecrecy } from '../harness/secrecy-watch.js'

/** A value that looks like a secret and is not one of the server. */
const madeUp = () => randomBytes(32).toString('base64url')
const state = madeUp()

/** Every event type in docs/reference/events.md. */
const documentedEvents = [
  ...readFileSync(new URL('../../../../docs/reference/events.md', import.meta.url), 'utf8').matchAll(
    /^\| `([a-z]+\.[a-z]+)` \|/gm,
  ),
].map(([, type]) => type)

describe.each(hosts)('$name', ({ start }) => {
  const now = testClock()
  let watch: SecrecyWatch
  let events: AuthEvent[]
  let store: FaultyStore
  let isHookBroken: boolean
  let host: RunningHost
  let provider: OAuthProvider
  let client: RegisteredClient
  let confidential: RegisteredClient
  /** The document of a client at its URL. */
  let published: Record<string, unknown>

  beforeEach(async () => {
    watch = watchSecrecy()
    events = []
    store = faultyStore({ now })
    isHookBroken = false
    published = {}
    host = await start((origin) => {
      provider = notesProvider(origin, {
        now,
        store,
        refreshGrace: 30,
        ssrfSafeFetch: async () => Response.json(published),
        onEvent,
        signIn: (...given) => {
          if (isHookBroken) throw new Error('the user database is down')
          return signInByCookie(...given)
        },
      })
      return { provider: heard(provider) }
    })
    client = await register(host.origin)
    confidential = await register(host.origin, { token_endpoint_auth_method: 'client_secret_basic' })
  })
  afterEach(async () => {
    watch.stop()
    await host.close()
  })

  /** As loggers do. The console is watched already. */
  const logged = everyLogger((line) => watch.hear(line))

  function onEvent(event: AuthEvent): void {
    events.push(event)
    watch.hear(event)
    logged(event)
  }

  /** The provider, with every verification error recorded. */
  function heard<Provider extends RoutedProvider>(verifying: Provider): Provider {
    const verifyToken = verifying.verifyToken.bind(verifying)
    return Object.assign(verifying, {
      verifyToken: (...given: Parameters<typeof verifyToken>) =>
        verifyToken(...given).catch((error: unknown) => {
          watch.hear(error)
          throw error
        }),
    })
  }

  const token = (form: Record<string, string>, headers = {}) =>
    postForm(`${host.origin}/token`, form, headers)
  const tokensOf = async (answer: Promise<Response>) => (await (await answer).json()) as Tokens

  async function signInAndOut(): Promise<Tokens> {
    const browser = new Browser('alice')
    // To the application's login page first.
    await new Browser().open(authorizationUrl(host.origin, client, { state }))
    const denied = await browser.open(authorizationUrl(host.origin, client, { state }))
    const page = await denied.text()
    await browser.answer(host.origin, page, 'deny')
    await browser.answer(host.origin, page, 'allow')
    const shown = await (await browser.open(authorizationUrl(host.origin, client, { state }))).text()
    await new Browser('alice').answer(host.origin, shown, 'allow')
    await browser.answer(host.origin, shown, 'allow', { 'sec-fetch-site': 'cross-site' })
    browser.cookies.set('user', 'mallory')
    await browser.answer(host.origin, shown, 'allow')
    for (const wrong of [
      { scope: '"' },
      { resource: `https://elsewhere.example/mcp?token=${madeUp()}` },
      { redirect_uri: `https://elsewhere.example/cb?token=${madeUp()}` },
      { code_challenge_method: 'plain' },
      { client_id: madeUp() },
      { state: [state, madeUp()] },
    ])
      await browser.open(authorizationUrl(host.origin, client, { state, ...wrong }))
    const code = await newCode(host.origin, client, { state })
    return tokensOf(token(codeForm(client, code)))
  }

  async function redeemWrongly(): Promise<void> {
    const code = await newCode(host.origin, client, { state })
    await token({
      ...codeForm(client, code),
      code_verifier: madeUp(),
    })
    await token({ ...codeForm(client, code), client_id: confidential.client_id })
    await token({ ...codeForm(client, code), client_secret: madeUp() })
    await token(codeForm(client, code))
    await token(codeForm(client, code))
    await token(codeForm(client, madeUp()))
  }

  async function refreshUntilReuse(): Promise<void> {
    const first = await newTokens(host.origin, client)
    const second = await tokensOf(token(refreshForm(client, first.refresh_token)))
    await token({ ...refreshForm(client, second.refresh_token), scope: 'notes:read notes:write' })
    await token({ ...refreshForm(client, second.refresh_token), resource: 'https://elsewhere.example' })
    await token(refreshForm(client, first.refresh_token))
    await token(refreshForm(client, second.refresh_token))
    now.advance(60)
    await token(refreshForm(client, first.refresh_token))
    await callMcp(host.origin, second.access_token)
  }

  async function askAndRevoke(): Promise<void> {
    const code = await newCode(host.origin, confidential, { state })
    const own = await tokensOf(token(codeForm(confidential, code), basicOf(confidential)))
    const foreign = await newTokens(host.origin, client)
    for (const asked of [own.access_token, own.refresh_token, foreign.access_token, madeUp()]) {
      await postForm(`${host.origin}/introspect`, { token: asked }, basicOf(confidential))
      await postForm(`${host.origin}/introspect`, { token: asked })
    }
    const wrong = `Basic ${btoa(`${confidential.client_id}:${secretOf(confidential)}${madeUp()}`)}`
    for (const authorization of [wrong, `Basic ${madeUp()}`, `Bearer ${madeUp()}`])
      await postForm(`${host.origin}/revoke`, { token: own.access_token }, { authorization })
    await postForm(`${host.origin}/revoke`, { token: own.access_token }, basicOf(confidential))
    await provider.revokeTokens({ subject: 'alice' })
    await callMcp(host.origin, own.access_token)
  }

  async function callBadly(good: string): Promise<void> {
    for (const authorization of [
      `Bearer ${good}`,
      `Bearer ${good}x`,
      `Bearer ${good} ${good}`,
      `Bearer "${good}"`,
      `Basic ${btoa(`user:${madeUp()}`)}`,
      `Bearer ${madeUp()}`,
    ])
      await callMcp(host.origin, undefined, { headers: { authorization } })
    await callMcp(host.origin, undefined, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `access_token=${good}`,
    })
    const writing = createBearerGate(provider, { scopes: ['notes:write'] })
    expect((await writing.authenticate(`Bearer ${good}`)).refusal?.status).toBe(403)
    now.advance(3700)
    await callMcp(host.origin, good)
  }

  async function sendNonsense(good: string): Promise<void> {
    for (const path of ['token', 'revoke', 'introspect', 'register', 'consent']) {
      for (const [type, body] of [
        ['application/json', `{"token": "${good}", client_secret: '${secretOf(confidential)}'`],
        ['application/x-www-form-urlencoded', `token=${good}&token=${good}&code=%zz${good}`],
        ['text/plain', good],
      ] as const)
        await fetch(`${host.origin}/${path}`, { method: 'POST', headers: { 'content-type': type }, body })
    }
  }

  async function duringOutages(tokens: Tokens): Promise<void> {
    const code = await newCode(host.origin, client, { state })
    for (const fault of ['lost-request', 'lost-answer'] as const) {
      for (let n = 1; n < 8; n += 1) {
        store.failAt(n, fault)
        await token(codeForm(client, code))
        store.failAt(n, fault)
        await token(refreshForm(client, tokens.refresh_token))
        store.failAt(n, fault)
        await postForm(`${host.origin}/introspect`, { token: tokens.access_token }, basicOf(confidential))
      }
    }
    store.failAlways()
    await callMcp(host.origin, tokens.access_token)
    await postForm(`${host.origin}/revoke`, { token: tokens.access_token }, basicOf(confidential))
    await authorizeInBrowser(host.origin, client, { state }).catch(() => {})
    store.heal()
    isHookBroken = true
    await authorizeInBrowser(host.origin, client, { state }).catch(() => {})
    isHookBroken = false
  }

  /** Another resource server that uses our introspection endpoint, and one that repeats the token. */
  async function askFromElsewhere(tokens: Tokens): Promise<void> {
    const issuer: ListeningIssuer = await listenTestIssuer({ now })
    const credentials = { clientId: confidential.client_id, clientSecret: secretOf(confidential) }
    const introspectionUrl = `${host.origin}/introspect`
    const echo = async (_url: string, init: RequestInit) =>
      new Response(`{ "unknown": ${new URLSearchParams(String(init.body)).get('token')} }`)
    const other = await start((baseUrl) => ({
      provider: heard(
        new RemoteAuthProvider({
          baseUrl,
          authorizationServers: [issuer.issuer],
          tokenVerifier: new MultiAuth({
            onEvent,
            verifiers: [
              new JWTVerifier({ issuer: issuer.issuer, now, onEvent }),
              new IntrospectionTokenVerifier({ introspectionUrl, ...credentials, now, onEvent }),
              new IntrospectionTokenVerifier({ introspectionUrl, ...credentials, fetch: echo, now, onEvent }),
            ],
          }),
        }),
      ),
    }))
    const audience = `${other.origin}/mcp`
    const call = async (bearer: string) => callMcp(other.origin, bearer)
    await call(await issuer.mint({ audience }))
    await call(await issuer.mint({ audience, signedBy: 'otherKey' }))
    await call(await issuer.mint({ audience, header: { kid: madeUp() } }))
    await call(tokens.access_token)
    for (const how of ['down', 'html', 'truncated', () => new Response(tokens.access_token)] as const) {
      issuer.break(how)
      now.advance(700)
      await call(await issuer.mint({ audience, header: { kid: madeUp() } }))
    }
    store.failAlways()
    await call(tokens.access_token)
    store.heal()
    await Promise.all([other.close(), issuer.close()])
  }

  /** A client with an invalid document, then a valid one, then one with a key. */
  async function signInByDocument(): Promise<void> {
    const other = { ...client, client_id: 'https://client.example/client.json' }
    const document = { ...other, client_name: 'Published client' }
    const keys = [{ kty: 'OKP', crv: 'Ed25519', x: 'x'.repeat(43) }]
    for (const one of [
      {},
      document,
      { ...document, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys } },
    ]) {
      published = one
      await authorizeInBrowser(host.origin, other, { state }).catch(() => {})
      now.advance(86_400)
    }
  }

  /** Until the server stops accepting more. */
  async function guessSecrets(): Promise<void> {
    const guess = () => token({ grant_type: 'refresh_token' }, basic(confidential.client_id, madeUp()))
    await Promise.all(Array.from({ length: 150 }, guess))
  }

  test('O-01 O-02 no event, error or log line contains a part of a secret', async () => {
    const tokens = await signInAndOut()
    await redeemWrongly()
    await refreshUntilReuse()
    await askAndRevoke()
    const more = await newTokens(host.origin, client)
    await duringOutages(more)
    await askFromElsewhere(more)
    await sendNonsense(tokens.access_token)
    await callBadly(more.access_token)
    await guessSecrets()
    await signInByDocument()
    await provider.rotateSigningKey()
    await callMcp(host.origin, more.access_token)

    // Every event has occurred, except those before the first request, where nothing can be fetched safely.
    const possible = documentedEvents.filter((type) => type !== 'documents.off')
    expect([...new Set(events.map(({ type }) => type))].sort()).toEqual(possible.sort())
    const kinds = Object.fromEntries([...watch.secrets].map(([kind, ones]) => [kind, ones.size]))
    for (const kind of [
      ...['access_token', 'refresh_token', 'code', 'code_verifier', 'client_secret', 'transaction', 'state'],
      ...['cookie', 'token', 'credentials of Basic', 'credentials of Bearer'],
    ])
      expect([kind, kinds[kind]]).toEqual([kind, expect.any(Number)])
    // No event contained a secret.
    expect(watch.leaks()).toEqual([])
    // A part of any secret would have been found.
    for (const [kind, ones] of [...watch.secrets]) {
      const [secret = ''] = ones
      const told = new SyntaxError('outer', {
        cause: new Error(`Unexpected token: ${secret.slice(-12)} ...`),
      })
      const before = watch.leaks().length
      watch.hear({ type: 'source.unavailable', cause: told })
      expect(watch.leaks().length, kind).toBeGreaterThan(before)
    }
  }, 30_000)

  test('O-07 tokens and events contain the subject and only what the application added to claims', async () => {
    const account = { name: 'Alice Liddell', email: 'alice@wonderland.example', phone_number: '+1 555 0100' }
    const own = await start((origin) => ({
      provider: notesProvider(origin, { onEvent, signIn: () => ({ subject: 'user-7', ...account }) }),
    }))
    const asked = await register(own.origin, { token_endpoint_auth_method: 'client_secret_basic' })
    const code = await newCode(own.origin, asked)
    const { access_token } = await tokensOf(
      postForm(`${own.origin}/token`, codeForm(asked, code), basicOf(asked)),
    )
    const answer = await postForm(`${own.origin}/introspect`, { token: access_token }, basicOf(asked))
    const introspected = await answer.json()
    await own.close()
    const { claims } = decodeToken(access_token)
    expect(claims['sub']).toBe('user-7')
    expect(events.some((event) => 'subject' in event && event.subject === 'user-7')).toBe(true)
    for (const told of [claims, introspected, events])
      expect(JSON.stringify(told)).not.toMatch(/alice|liddell|wonderland|555 0100/i)
  })

  test('O-01 the watch records console output and thrown errors', async () => {
    const { access_token, refresh_token } = await newTokens(host.origin, client)
    console.warn('refreshing', { token: refresh_token })
    process.stderr.write(`Bearer ${access_token}\n`)
    expect(watch.leaks()).toEqual([
      expect.stringMatching(/^refresh_token .* in 'refreshing /),
      expect.stringMatching(/^access_token .* in 'Bearer /),
    ])
  })
})
