import {
  type AuthEvent,
  memoryStore,
  type OAuthClient,
  PrivateKeyJWTClientAuthenticator,
  type RateLimit,
  type StaticClient,
  type Store,
  TokenHandler,
} from '@tollgate/auth-core'
import { testClock } from '@tollgate/auth-testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { clientDocument } from '../../../auth-core/test/harness/client-document.js'
import {
  type Answer,
  json,
  type LoopbackServer,
  startServer,
  status,
} from '../../../auth-core/test/harness/loopback-server.js'
import { rawToken } from '../../../auth-core/test/harness/tokens.js'
import {
  Asserter,
  type AssertionChanges,
  assertionForm,
  type ClientKey,
  newClientKey,
} from '../harness/assertions.js'
import {
  type ClientWebsite,
  documentClient,
  documentUrl,
  startClientWebsite,
} from '../harness/client-website.js'
import { basic, withSecret } from '../harness/credentials.js'
import { expectOAuthError, expectOutage } from '../harness/expectations.js'
import { type Fault, type FaultyStore, faultyStore } from '../harness/faulty-store.js'
import { fromJavaScript } from '../harness/from-javascript.js'
import { anyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { type NotesAppOptions, notesApp, notesProvider } from '../harness/notes-app.js'
import {
  callback,
  codeForm,
  newCode,
  postForm,
  type RegisteredClient,
  register,
  type Tokens,
} from '../harness/oauth-driver.js'
import { billing as billingWithSecret, secret } from '../harness/static-clients.js'

type Form = Record<string, string | readonly string[]>

const grant_type = 'client_credentials'
const algorithms = ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA', 'Ed25519']

let keys: Map<string, ClientKey>
let key: ClientKey
let otherKey: ClientKey
beforeAll(async () => {
  keys = new Map()
  for (const alg of algorithms) keys.set(alg, await newClientKey(alg, alg))
  key = keys.get('ES256') as ClientKey
  otherKey = await newClientKey('ES256', 'ES256')
})

const machine = (client_id: string, change: Partial<StaticClient> = {}): StaticClient => ({
  client_id,
  grant_types: ['client_credentials'],
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys: [...keys.values()].map(({ jwk }) => jwk) },
  scope: 'notes:read',
  ...change,
})

/** The mistakes in an assertion, and the reason that only the operator learns. */
const mistakes: [string, (origin: string) => AssertionChanges, reason: string][] = [
  ['another issuer', () => ({ claims: { iss: 'other' } }), 'assertion_subject'],
  ['no issuer', () => ({ claims: { iss: undefined } }), 'assertion_subject'],
  ['another server', () => ({ claims: { aud: 'https://other.example' } }), 'assertion_audience'],
  ['no audience', () => ({ claims: { aud: undefined } }), 'assertion_audience'],
  ['two audiences', (o) => ({ claims: { aud: [o, 'https://other.example'] } }), 'assertion_audience'],
  ['an empty list', () => ({ claims: { aud: [] } }), 'assertion_audience'],
  ['a list in a list', (o) => ({ claims: { aud: [[o]] } }), 'assertion_audience'],
  ['the revocation endpoint', (o) => ({ claims: { aud: `${o}/revoke` } }), 'assertion_audience'],
  ['a resource', (o) => ({ claims: { aud: `${o}/mcp` } }), 'assertion_audience'],
  ['two slashes', (o) => ({ claims: { aud: `${o}//` } }), 'assertion_audience'],
  ['the token endpoint with a slash', (o) => ({ claims: { aud: `${o}/token/` } }), 'assertion_audience'],
  ['no end', () => ({ claims: { exp: undefined } }), 'assertion_expired'],
  ['an end that is text', () => ({ claims: { exp: '9999999999' } }), 'assertion_expired'],
  [
    'a second more than ten minutes, and than clocks may differ',
    () => ({ claims: { exp: now() + 631 } }),
    'assertion_lifetime',
  ],
  ['a day of life', () => ({ claims: { exp: now() + 86_400 } }), 'assertion_lifetime'],
  ['an end in the past', () => ({ claims: { exp: now() - 31 } }), 'assertion_expired'],
  ['a start in the future', () => ({ claims: { nbf: now() + 60 } }), 'assertion_not_yet_valid'],
  ['an issue in the future', () => ({ claims: { iat: now() + 60 } }), 'assertion_issued_in_the_future'],
  ['no jti', () => ({ claims: { jti: undefined } }), 'assertion_jti'],
  ['an empty jti', () => ({ claims: { jti: '' } }), 'assertion_jti'],
  ['a jti that is no text', () => ({ claims: { jti: 7 } }), 'assertion_jti'],
  ['a jti of 2000 characters', () => ({ claims: { jti: 'x'.repeat(2000) } }), 'assertion_jti'],
  ['a key that is not there', () => ({ header: { kid: 'unknown' } }), 'assertion_signature'],
  ['the type of a grant', () => ({ header: { typ: 'oauth-id-jag+jwt' } }), 'assertion_type'],
  ['the type of an access token', () => ({ header: { typ: 'at+jwt' } }), 'assertion_type'],
  ['a type that is no text', () => ({ header: { typ: 7 } }), 'assertion_type'],
]

const now = testClock()

describe.each(hosts)('$name', ({ start }) => {
  const events: AuthEvent[] = []
  let host: RunningHost
  let keyServer: LoopbackServer
  let asserter: Asserter

  const asserterOf = (clientId: string, by = key) => new Asserter(by, clientId, host.origin, now)
  const send = (form: Form, headers = {}) =>
    postForm(`${host.origin}/token`, { grant_type, ...form }, headers)
  const reason = () => events.find(({ type }) => type === 'client.rejected')

  beforeAll(async () => {
    keyServer = await startServer(json({ keys: [key.jwk] }))
    const options = {
      now,
      events,
      rateLimit: false as const,
      clients: [
        machine('billing'),
        machine('only-es384', { token_endpoint_auth_signing_alg: 'ES384' }),
        machine('remote', { jwks: undefined, jwks_uri: `${keyServer.origin}/jwks` }),
        { ...billingWithSecret, client_id: 'with-secret', token_endpoint_auth_method: 'client_secret_post' },
      ],
    }
    host = await start(notesApp(options))
    asserter = asserterOf('billing')
  })
  beforeEach(() => {
    events.length = 0
  })
  afterAll(async () => {
    await host.close()
    await keyServer.close()
  })

  const expectToken = async (response: Response) => {
    const text = await response.text()
    expect([response.status, text]).toEqual([200, expect.stringContaining('access_token')])
  }

  test('B-12 metadata lists the method and the assertion algorithms', async () => {
    const metadata = (await (
      await fetch(`${host.origin}/.well-known/oauth-authorization-server`)
    ).json()) as Record<string, readonly string[]>
    for (const endpoint of ['token', 'revocation', 'introspection']) {
      expect(metadata[`${endpoint}_endpoint_auth_methods_supported`]).toContain('private_key_jwt')
      const named = metadata[`${endpoint}_endpoint_auth_signing_alg_values_supported`]
      expect(named).toEqual(expect.arrayContaining(algorithms))
      expect(named?.filter((one) => one === 'none' || one.startsWith('HS'))).toEqual([])
    }
  })

  test.each(algorithms)(
    'E-14 E-20 D-71 a client authenticates by an assertion signed with %s',
    async (alg) => {
      const by = asserterOf('billing', keys.get(alg))
      await expectToken(await send(await by.form()))
      await expectToken(await send({ client_id: 'billing', ...(await by.form()) }))
    },
  )

  test.each<[string, (origin: string) => AssertionChanges]>([
    ['the token endpoint', (origin) => ({ claims: { aud: `${origin}/token` } })],
    ['the issuer in a list', (origin) => ({ claims: { aud: [origin] } })],
    ['the issuer as a URL parser spells it', (origin) => ({ claims: { aud: `${origin}/` } })],
  ])('E-16 an assertion for %s is accepted', async (_name, changes) => {
    await expectToken(await send(await asserter.form(changes(host.origin))))
  })

  test('E-16 with strictAudience an assertion must name the issuer, not the token endpoint', async () => {
    const strict = await start(notesApp({ now, strictAudience: true, clients: [machine('billing')] }))
    const { origin } = strict
    const by = new Asserter(key, 'billing', origin, now)
    const ask = async (path: string, claims: Record<string, unknown>) =>
      postForm(`${origin}${path}`, { grant_type, token: 'x', ...(await by.form({ claims })) })
    for (const path of ['/token', '/revoke', '/introspect']) {
      const jti = crypto.randomUUID()
      for (const aud of [`${origin}/token`, [`${origin}/token`], `${origin}/`, [origin, `${origin}/token`]]) {
        await expectOAuthError(await ask(path, { jti, aud }), 401, 'invalid_client')
      }
      expect((await ask(path, { jti, aud: origin })).status).toBe(200)
      expect((await ask(path, { aud: [origin] })).status).toBe(200)
    }
    await strict.close()
  })

  test('E-17 an assertion may expire in ten minutes by a clock 30 seconds ahead', async () => {
    await expectToken(await send(await asserter.form({ claims: { exp: now() + 630 } })))
  })

  test.each([undefined, 'jwt', 'application/client-authentication+jwt'])(
    'E-21 an assertion of the type %s is accepted',
    async (typ) => {
      await expectToken(await send(await asserter.form({ header: { typ } })))
    },
  )

  test.each(mistakes)(
    'E-15 E-16 E-17 E-18 E-19 E-21 %s is refused, and the corrected assertion is accepted',
    async (_name, changes, expected) => {
      const jti = crypto.randomUUID()
      const { claims = {}, header = {} } = changes(host.origin)
      const refused = await send(await asserter.form({ claims: { jti, ...claims }, header }))
      expect(refused.headers.get('www-authenticate')).toBeNull()
      await expectOAuthError(refused, 401, 'invalid_client')
      expect(reason()).toMatchObject({ clientId: 'billing', reason: expected })
      await expectToken(await send(await asserter.form({ claims: { jti } })))
    },
  )

  test('E-14 a missing or wrong client_assertion_type is refused', async () => {
    const form = await asserter.form()
    const { client_assertion, client_assertion_type } = form
    for (const wrong of [
      { client_assertion: client_assertion as string },
      { client_assertion_type: client_assertion_type as string, client_id: 'billing' },
      { ...form, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' },
      { ...form, client_assertion: 'not a jwt' },
      { ...form, client_assertion: 'a.b.c', client_id: 'billing' },
    ]) {
      await expectOAuthError(await send(wrong), 401, 'invalid_client')
    }
    const twice = { ...form, client_assertion: [client_assertion as string, client_assertion as string] }
    await expectOAuthError(await send(twice), 400, 'invalid_request')
    await expectToken(await send(form))
  })

  test('E-15 D-75 a client_id that differs from the assertion is refused', async () => {
    const form = await asserter.form()
    await expectOAuthError(await send({ ...form, client_id: 'remote' }), 401, 'invalid_client')
    await expectToken(await send({ ...form, client_id: 'billing' }))
  })

  test('E-03 an assertion together with a secret is refused', async () => {
    const form = await asserter.form()
    await expectOAuthError(await send({ ...form, client_secret: secret }), 400, 'invalid_request')
    await expectOAuthError(await send(form, basic('billing', secret)), 400, 'invalid_request')
    await expectToken(await send(form))
  })

  test('E-04 E-05 E-28 a client authenticates by its registered method only, and an unknown client gets the same response', async () => {
    const answers = [
      await send({ client_id: 'billing' }),
      await send({ client_id: 'billing', client_secret: secret }),
      await send(await asserterOf('with-secret').form()),
      await send(await asserterOf('nobody').form()),
      await send(await asserterOf('billing', otherKey).form()),
    ]
    const bodies = await Promise.all(answers.map((answer) => expectOAuthError(answer, 401, 'invalid_client')))
    expect(new Set(bodies).size).toBe(1)
  })

  test('E-19 keys in the assertion header are ignored and not fetched', async () => {
    const requests = keyServer.requests.length
    const forger = asserterOf('billing', otherKey)
    for (const header of [
      { jwk: otherKey.jwk },
      { jku: `${keyServer.origin}/jwks` },
      { x5u: `${keyServer.origin}/jwks` },
      { kid: undefined, jwk: otherKey.jwk },
    ]) {
      await expectOAuthError(await send(await forger.form({ header })), 401, 'invalid_client')
    }
    expect(keyServer.requests).toHaveLength(requests)
  })

  test('E-20 only the registered algorithm is accepted, and "none" never is', async () => {
    const wrong = await asserterOf('only-es384').form()
    await expectOAuthError(await send(wrong), 401, 'invalid_client')
    expect(reason()).toMatchObject({ reason: 'assertion_algorithm' })
    await expectToken(await send(await asserterOf('only-es384', keys.get('ES384')).form()))

    const claims = { iss: 'billing', sub: 'billing', aud: host.origin, exp: now() + 60, jti: 'unsigned' }
    for (const header of [{ alg: 'none' }, { alg: 'HS256' }, { alg: 'ES256', crit: ['x'], x: 1 }]) {
      const unsigned = assertionForm(rawToken(header, claims, 'c2lnbmF0dXJl'))
      await expectOAuthError(await send(unsigned), 401, 'invalid_client')
    }
  })

  test('E-18 N-09 an assertion works once and is not consumed by a refused request', async () => {
    const form = await asserter.form()
    await expectOAuthError(await send({ ...form, scope: 'notes:write' }), 400, 'invalid_scope')
    await expectOAuthError(await send({ ...form, resource: 'https://evil.example' }), 400, 'invalid_target')
    await expectOAuthError(await send({ ...form, grant_type: 'password' }), 400, 'unsupported_grant_type')
    await expectToken(await send(form))
    await expectOAuthError(await send(form), 401, 'invalid_client')
    expect(events.filter(({ type }) => type === 'client.rejected')).toMatchObject([
      { clientId: 'billing', reason: 'assertion_replayed' },
    ])
  })

  test('E-18 N-05 N-01 of 20 parallel requests with one assertion, one succeeds', async () => {
    const form = await asserter.form()
    const statuses = await Promise.all(Array.from({ length: 20 }, async () => (await send(form)).status))
    expect(statuses.toSorted()).toEqual([200, ...Array<number>(19).fill(401)])
  })

  test('N-07 each client has its own assertion IDs', async () => {
    const claims = { jti: 'the same' }
    await expectToken(await send(await asserter.form({ claims })))
    await expectToken(await send(await asserterOf('remote').form({ claims })))
    await expectOAuthError(await send(await asserter.form({ claims })), 401, 'invalid_client')
  })

  test('E-26 H-01 I-01 revocation and introspection authenticate the same way, once per assertion', async () => {
    const issue = async () => ((await (await send(await asserter.form())).json()) as Tokens).access_token
    const ask = async (path: string, form: Form) => postForm(`${host.origin}${path}`, form)
    const token = await issue()

    const form = await asserter.form()
    await expectOAuthError(await ask('/introspect', form), 400, 'invalid_request')
    const active = await ask('/introspect', { token, ...form })
    expect(await active.json()).toMatchObject({ active: true, client_id: 'billing' })
    for (const path of ['/introspect', '/revoke']) {
      await expectOAuthError(await ask(path, { token, ...form }), 401, 'invalid_client')
      const forged = await asserterOf('billing', otherKey).form()
      await expectOAuthError(await ask(path, { token, ...forged }), 401, 'invalid_client')
    }
    const revocation = await asserter.form()
    await expectOAuthError(await ask('/revoke', revocation), 400, 'invalid_request')
    expect((await ask('/revoke', { token, ...revocation })).status).toBe(200)
    await expectOAuthError(await ask('/introspect', { token, ...revocation }), 401, 'invalid_client')
    const ended = await ask('/introspect', { token, ...(await asserter.form()) })
    expect(await ended.json()).toEqual({ active: false })
  })

  test('E-22 unreachable keys are an outage, and the assertion works afterwards', async () => {
    const remote = asserterOf('remote')
    await expectToken(await send(await remote.form()))
    // Long enough for the cached keys to expire.
    now.advance(3 * 86_400)
    keyServer.answerWith(status(500))
    const form = await remote.form()
    await expectOutage(await send(form))
    keyServer.answerWith(json({ keys: [key.jwk] }))
    now.advance(10)
    await expectToken(await send(form))
  })

  test.each<[string, () => Answer]>([
    ['no key', () => json({ keys: [] })],
    ['no key that can be used', () => json({ keys: [{ ...key.jwk, use: 'enc' }] })],
    ['404', () => status(404)],
  ])(
    'E-22 keys of a client that responds %s stay valid for ten minutes, then are an outage',
    async (_name, answer) => {
      const remote = asserterOf('remote')
      now.advance(3 * 86_400)
      await expectToken(await send(await remote.form()))
      keyServer.answerWith(answer())
      now.advance(600 + 600)
      await expectToken(await send(await remote.form()))
      now.advance(1)
      const form = await remote.form()
      await expectOutage(await send(form))
      keyServer.answerWith(json({ keys: [key.jwk] }))
      now.advance(30)
      await expectToken(await send(form))
    },
  )

  test('E-19 E-22 a second unknown key is not refused until the keys are fetched again', async () => {
    const next = await newClientKey('ES256', 'after-a-made-up-one')
    await expectToken(await send(await asserterOf('remote').form()))
    now.advance(60)
    const madeUp = asserterOf('remote', await newClientKey('ES256', 'made-up'))
    await expectOAuthError(await send(await madeUp.form()), 401, 'invalid_client')
    keyServer.answerWith(json({ keys: [key.jwk, next.jwk] }))
    const form = await asserterOf('remote', next).form()
    const early = await send(form)
    await expectOutage(early)
    expect(early.headers.get('retry-after')).toBe('30')
    await expectOAuthError(await send(await madeUp.form()), 401, 'invalid_client')
    now.advance(30)
    await expectToken(await send(form))
    keyServer.answerWith(json({ keys: [key.jwk] }))
  })

  test('E-19 a newly published key is found', async () => {
    const next = await newClientKey('ES256', 'next')
    keyServer.answerWith(json({ keys: [key.jwk, next.jwk] }))
    now.advance(60)
    await expectToken(await send(await asserterOf('remote', next).form()))
    keyServer.answerWith(json({ keys: [key.jwk] }))
  })

  test('F-14 E-19 D-12 a client with registered keys authenticates and loses no code through a wrong assertion', async () => {
    const client = await register(host.origin, {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key.jwk] },
    })
    expect(client).toMatchObject({ jwks: { keys: [{ kty: 'EC' }] } })
    expect(client).not.toHaveProperty('client_secret')
    const own = asserterOf(client.client_id)
    const form = codeForm(client, await newCode(host.origin, client))
    const forged = await asserterOf(client.client_id, otherKey).form()
    await expectOAuthError(await send({ ...form, ...forged }), 401, 'invalid_client')
    await expectOAuthError(await send(form), 401, 'invalid_client')
    const assertion = await own.form()
    const wrongVerifier = { ...form, code_verifier: 'x'.repeat(43), ...assertion }
    await expectOAuthError(await send(wrongVerifier), 401, 'invalid_grant')
    const tokens = await send({ ...form, ...assertion })
    expect(tokens.status).toBe(200)
    const { refresh_token } = (await tokens.json()) as Tokens
    const refresh = { grant_type: 'refresh_token', refresh_token }
    await expectOAuthError(await send({ ...refresh, client_id: client.client_id }), 401, 'invalid_client')
    await expectToken(await send({ ...refresh, ...(await own.form()) }))
  })

  test.each<[string, () => Record<string, unknown>]>([
    ['no keys', () => ({})],
    ['keys and a URL', () => ({ jwks: { keys: [key.jwk] }, jwks_uri: 'https://client.example/jwks' })],
    ['a private key', () => ({ jwks: { keys: [{ ...key.jwk, d: 'private' }] } })],
    ['a shared secret', () => ({ jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } })],
    ['a short RSA key', () => ({ jwks: { keys: [key.jwk, { kty: 'RSA', n: 'x'.repeat(171), e: 'AQAB' }] } })],
    ['a URL without TLS', () => ({ jwks_uri: 'http://client.example/jwks' })],
    ['a URL on this machine', () => ({ jwks_uri: 'https://127.0.0.1/jwks' })],
    ['a URL in this network', () => ({ jwks_uri: 'https://[fd00::1]/jwks' })],
    ['a name in this network', () => ({ jwks_uri: 'https://keys.internal/jwks' })],
    ['an invalid URL', () => ({ jwks_uri: 'keys' })],
  ])('F-14 M-01 a registration with %s is refused', async (_name, members) => {
    const response = await fetch(`${host.origin}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        redirect_uris: [callback],
        token_endpoint_auth_method: 'private_key_jwt',
        ...members(),
      }),
    })
    await expectOAuthError(response, 400, 'invalid_client_metadata')
  })
})

describe('published client keys', () => {
  let site: ClientWebsite
  const running: RunningHost[] = []
  beforeEach(async () => {
    site = await startClientWebsite()
  })
  afterEach(async () => {
    for (const one of running.splice(0)) await one.close()
    await site.close()
  })
  const run = async (options: NotesAppOptions = {}) => {
    const host = await anyHost.start(notesApp({ now, ssrfSafeFetch: site.fetch, ...options }))
    running.push(host)
    return host
  }

  test('F-14 M-03 G-15 keys of an unapproved client are fetched within limits, and a failure is an outage', async () => {
    const { origin } = await run()
    const client = await register(origin, {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: 'https://client.example/jwks',
    })
    const asserter = new Asserter(key, client.client_id, origin, now)
    const form = codeForm(client, await newCode(origin, client))
    site.breakDown()
    const assertion = await asserter.form()
    await expectOutage(await postForm(`${origin}/token`, { ...form, ...assertion }))
    site.answerWith(json({ keys: [key.jwk] }))
    now.advance(10)
    expect((await postForm(`${origin}/token`, { ...form, ...assertion })).status).toBe(200)
    expect(site.requests).toContain('https://client.example/jwks')
  })

  test('E-23 E-24 a client with a document authenticates each time with the keys in it', async () => {
    const { origin } = await run()
    const client: RegisteredClient = documentClient('http://127.0.0.1:54321/callback')
    site.publish({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] } })
    const form = codeForm(client, await newCode(origin, client))
    await expectOAuthError(await postForm(`${origin}/token`, form), 401, 'invalid_client')
    const asserter = new Asserter(key, documentUrl, origin, now)
    const forger = new Asserter(otherKey, documentUrl, origin, now)
    const forged = await postForm(`${origin}/token`, { ...form, ...(await forger.form()) })
    await expectOAuthError(forged, 401, 'invalid_client')
    const answer = await postForm(`${origin}/token`, { ...form, ...(await asserter.form()) })
    expect(answer.status).toBe(200)
    const { refresh_token } = (await answer.json()) as Tokens
    const refresh = { grant_type: 'refresh_token', refresh_token, client_id: documentUrl }
    await expectOAuthError(await postForm(`${origin}/token`, refresh), 401, 'invalid_client')
    const again = await postForm(`${origin}/token`, { ...refresh, ...(await asserter.form()) })
    expect(again.status).toBe(200)
  })

  test('G-11 G-13 E-19 a replaced key does not return at any process while the website is down', async () => {
    const store = memoryStore({ now })
    const first = await run({ store })
    const issuerUrl = first.origin
    const client = documentClient('http://127.0.0.1:54321/callback')
    const publish = (by: ClientKey) =>
      site.publish({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [by.jwk] } })
    const as = async (by: ClientKey) => new Asserter(by, documentUrl, issuerUrl, now).form()
    publish(otherKey)
    const code = codeForm(client, await newCode(first.origin, client))
    const tokens = await postForm(`${first.origin}/token`, { ...code, ...(await as(otherKey)) })
    let { refresh_token } = (await tokens.json()) as Tokens
    const refresh = async (host: RunningHost, by: ClientKey) => {
      const form = { grant_type: 'refresh_token', refresh_token, client_id: documentUrl }
      return postForm(`${host.origin}/token`, { ...form, ...(await as(by)) })
    }
    now.advance(3600)
    publish(key)
    await expectOAuthError(await refresh(first, otherKey), 401, 'invalid_client')
    now.advance(9 * 3600)
    site.breakDown()
    for (const host of [await run({ store, issuerUrl, resources: [`${issuerUrl}/mcp`] }), first]) {
      expect((await refresh(host, otherKey)).status).not.toBe(200)
      const answer = await refresh(host, key)
      expect(answer.status).toBe(200)
      refresh_token = ((await answer.json()) as Tokens).refresh_token
    }
  })
})

describe('proofs that cannot be verified now', () => {
  type PublishedKey = { readonly jwk: object }
  const jwksPath = '/oauth/jwks.json'
  const moments: string[] = []
  const rateLimit: RateLimit = ({ stage }) => {
    moments.push(stage)
    return { allowed: true }
  }
  let site: ClientWebsite
  let host: RunningHost
  let tokens: Tokens
  beforeEach(async () => {
    site = await startClientWebsite()
    host = await anyHost.start(notesApp({ now, ssrfSafeFetch: site.fetch, rateLimit }))
  })
  afterEach(async () => {
    await host.close()
    await site.close()
  })

  const publish = (changes: Record<string, unknown>, published: readonly PublishedKey[] = []) => {
    const keySet = { keys: published.map(({ jwk }) => jwk) }
    const document = clientDocument({ token_endpoint_auth_method: 'private_key_jwt', ...changes })
    site.answerWith((request, response) =>
      json(request.url === jwksPath ? keySet : document)(request, response),
    )
  }
  const inDocument = (by: ClientKey) => publish({ jwks: { keys: [by.jwk] } })
  const atUri = (by: PublishedKey) => publish({ jwks_uri: `https://client.example${jwksPath}` }, [by])
  const assert = (by: ClientKey, changes?: AssertionChanges) =>
    new Asserter(by, documentUrl, host.origin, now).form(changes)
  const signIn = async (by: ClientKey, changes?: AssertionChanges) => {
    const client = documentClient('http://127.0.0.1:54321/callback')
    const form = codeForm(client, await newCode(host.origin, client))
    const answer = await postForm(`${host.origin}/token`, { ...form, ...(await assert(by, changes)) })
    expect(answer.status).toBe(200)
    tokens = (await answer.json()) as Tokens
  }
  const refresh = async (credentials: Record<string, string>) => {
    const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, client_id: documentUrl }
    return postForm(`${host.origin}/token`, { ...form, ...credentials })
  }
  const refreshed = async (credentials: Record<string, string>) => {
    const answer = await refresh(credentials)
    expect(answer.status).toBe(200)
    tokens = (await answer.json()) as Tokens
  }

  test('E-22 G-13 E-25 with a stale document, its key is valid, another key is an outage, and a malformed assertion is refused', async () => {
    inDocument(otherKey)
    await signIn(otherKey)
    now.advance(3600)
    site.breakDown()
    moments.length = 0
    // The client replaced its key or its method, and its website is down.
    await expectOutage(await refresh(await assert(key)))
    await expectOutage(await refresh({}))
    // The first of them counts. The other attempted no authentication.
    expect(moments.filter((moment) => moment === 'failed')).toHaveLength(1)
    const expired = { claims: { exp: now() - 60 } }
    await expectOAuthError(await refresh(await assert(key, expired)), 401, 'invalid_client')
    const elsewhere = { claims: { aud: 'https://other.example' } }
    await expectOAuthError(await refresh(await assert(otherKey, elsewhere)), 401, 'invalid_client')
    await expectOAuthError(await refresh({ client_secret: 'guessed' }), 401, 'invalid_client')
    expect(moments.filter((moment) => moment === 'failed')).toHaveLength(4)
    await refreshed(await assert(otherKey))
    inDocument(key)
    now.advance(10)
    await expectOAuthError(await refresh(await assert(otherKey)), 401, 'invalid_client')
    await expectOAuthError(await refresh({}), 401, 'invalid_client')
    await refreshed(await assert(key))
  })

  test.each<[string, AssertionChanges]>([
    ['without an id', { header: { kid: undefined } }],
    ['of the same id', {}],
  ])(
    'E-22 E-19 a key %s that replaces another one is found at once despite the old key',
    async (_what, changes) => {
      const named = (by: ClientKey) => ({
        ...by,
        jwk: { ...by.jwk, ...('header' in changes ? { kid: undefined } : {}) },
      })
      atUri(named(otherKey))
      await signIn(otherKey, changes)
      atUri(named(key))
      now.advance(1)
      await refreshed(await assert(key, changes))
      // The old key is no longer valid. That is certain once the keys may be fetched again.
      await expectOutage(await refresh(await assert(otherKey, changes)))
      now.advance(30)
      await expectOAuthError(await refresh(await assert(otherKey, changes)), 401, 'invalid_client')
      await refreshed(await assert(key, changes))
    },
  )

  test('M-18 M-10 E-22 unapproved clients with slow keys neither keep a removed key valid nor block approved clients', async () => {
    const member = { token_endpoint_auth_method: 'private_key_jwt' }
    const held: (() => void)[] = []
    let published = otherKey
    const slow = (url: string) => url !== `https://client.example${jwksPath}`
    const ssrfSafeFetch = async (url: string) => {
      if (slow(url)) await new Promise<void>((resolve) => held.push(resolve))
      return Response.json({ keys: [published.jwk] }, { status: slow(url) ? 500 : 200 })
    }
    await host.close()
    host = await anyHost.start(notesApp({ now, ssrfSafeFetch }))
    const as = async (client: RegisteredClient, by: ClientKey) =>
      new Asserter(by, client.client_id, host.origin, now).form()
    const client = await register(host.origin, { ...member, jwks_uri: `https://client.example${jwksPath}` })
    const code = codeForm(client, await newCode(host.origin, client))
    const answer = await postForm(`${host.origin}/token`, { ...code, ...(await as(client, otherKey)) })
    const { refresh_token } = (await answer.json()) as Tokens

    const unapprovedCalls: Promise<Response>[] = []
    for (let i = 0; i < 12; i += 1) {
      const unapproved = await register(host.origin, { ...member, jwks_uri: `https://h${i}.example/jwks` })
      const form = { grant_type: 'refresh_token', refresh_token: 'x', ...(await as(unapproved, key)) }
      unapprovedCalls.push(postForm(`${host.origin}/token`, form))
    }
    await vi.waitFor(() => expect(held).toHaveLength(12))
    published = key
    now.advance(12 * 3600)
    const refresh = { grant_type: 'refresh_token', refresh_token }
    const stolen = await postForm(`${host.origin}/token`, { ...refresh, ...(await as(client, otherKey)) })
    await expectOAuthError(stolen, 401, 'invalid_client')
    const right = await postForm(`${host.origin}/token`, { ...refresh, ...(await as(client, key)) })
    expect(right.status).toBe(200)
    for (const release of held) release()
    for (const refused of await Promise.all(unapprovedCalls)) await expectOutage(refused)
  })

  test('E-22 while keys are unreachable, a wrong key is an outage and the right one is valid', async () => {
    atUri(key)
    await signIn(key)
    now.advance(250)
    site.breakDown()
    await expectOutage(await refresh(await assert(otherKey)))
    await refreshed(await assert(key))
    atUri(otherKey)
    now.advance(60)
    await refreshed(await assert(otherKey))
  })
})

describe('assertions and the store', () => {
  const issuer = 'https://tollgate.test'
  let store: FaultyStore
  let asserter: Asserter
  const processOf = () => {
    const provider = notesProvider(issuer, { now, store, clients: [machine('billing')], rateLimit: false })
    provider.setMcpPath('/mcp')
    const clientAuthenticator = new PrivateKeyJWTClientAuthenticator({ provider })
    return { provider, clientAuthenticator, handler: new TokenHandler({ provider, clientAuthenticator }) }
  }
  const requestWith = (form: Record<string, string>) =>
    new Request(`${issuer}/token`, { method: 'POST', body: new URLSearchParams({ grant_type, ...form }) })

  beforeEach(() => {
    store = faultyStore({ now })
    asserter = new Asserter(key, 'billing', issuer, now)
  })

  test('E-18 N-05 an assertion accepted by one process is refused by the other', async () => {
    const [first, second] = [processOf(), processOf()]
    const form = await asserter.form()
    expect((await first.handler.handle(requestWith(form))).status).toBe(200)
    await expectOAuthError(await second.handler.handle(requestWith(form)), 401, 'invalid_client')
    const both = await asserter.form()
    const answers = await Promise.all([first, second].map(({ handler }) => handler.handle(requestWith(both))))
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([200, 401])
  })

  test('N-06 E-22 a store that cannot record an assertion lets no client in and loses nothing', async () => {
    const { handler } = processOf()
    expect((await handler.handle(requestWith(await asserter.form()))).status).toBe(200)
    store.failAt(1_000_000)
    await handler.handle(requestWith(await asserter.form()))
    const { operations } = store
    const form = await asserter.form()
    for (let n = 1; n <= operations; n += 1) {
      store.failAt(n)
      await expectOutage(await handler.handle(requestWith(form)))
    }
    store.heal()
    expect((await handler.handle(requestWith(form))).status).toBe(200)
  })

  test('N-06 E-18 E-22 a lost response of the store costs no assertion, and a replay is still refused', async () => {
    const { handler } = processOf()
    expect((await handler.handle(requestWith(await asserter.form()))).status).toBe(200)
    for (let n = 1; ; n += 1) {
      const form = await asserter.form()
      store.failAt(n, 'lost-answer')
      const answer = await handler.handle(requestWith(form))
      const { operations } = store
      store.heal()
      if (answer.status !== 200) {
        await expectOutage(answer)
        expect((await handler.handle(requestWith(form))).status).toBe(200)
      }
      await expectOAuthError(await handler.handle(requestWith(form)), 401, 'invalid_client')
      if (operations < n) break
    }
    expect([...store.failed]).toContain('add assertion')
  })

  test.each<Fault>(['lost-request', 'lost-answer'])(
    'D-57 N-06 %s: a request that fails at any step leaves no token family, and a successful one leaves one',
    async (fault) => {
      const families = new Set<string>()
      const watched: Store = {
        ...store,
        set: (key, ...entry) => {
          if (key.startsWith('family:')) families.add(key)
          return store.set(key, ...entry)
        },
      }
      const left = async () => {
        const found = await Promise.all([...families].map((key) => store.get(key)))
        families.clear()
        return found.filter((family) => family !== undefined).length
      }
      const client = { ...machine('billing'), redirect_uris: [callback], grant_types: ['authorization_code'] }
      const desk = { ...client, client_id: 'desk' }
      const options = { now, store: watched, rateLimit: false as const, clients: [machine('billing'), desk] }
      const host = await anyHost.start(notesApp({ ...options, issuerUrl: issuer }))
      const send = (form: Record<string, string>) => postForm(`${host.origin}/token`, form)
      for (const clientId of ['billing', 'desk']) {
        const by = new Asserter(key, clientId, issuer, now)
        for (let n = 1; ; n += 1) {
          const form =
            clientId === 'billing' ? { grant_type } : codeForm(desk, await newCode(host.origin, desk))
          const assertion = await by.form()
          store.failAt(n, fault)
          const answer = await send({ ...form, ...assertion })
          const { operations } = store
          store.heal()
          expect([clientId, n, await left()]).toEqual([clientId, n, answer.status === 200 ? 1 : 0])
          // A parallel request with the same assertion came first, and its tokens are the only ones.
          if (answer.status === 200) {
            await expectOAuthError(await send({ ...form, ...assertion }), 401, 'invalid_client')
            expect(await left()).toBe(0)
          }
          if (operations < n) break
        }
        const both = { grant_type: 'client_credentials', ...(await by.form()) }
        if (clientId === 'billing') {
          const answers = await Promise.all([send(both), send(both)])
          expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401])
          expect(await left()).toBe(1)
        }
      }
      await host.close()
    },
  )

  test('E-18 N-05 an assertion is recorded until every process refuses it as expired', async () => {
    const { handler } = processOf()
    const claims = { jti: 'again', exp: now() + 60 }
    expect((await handler.handle(requestWith(await asserter.form({ claims })))).status).toBe(200)
    now.advance(89)
    const late = await handler.handle(requestWith(await asserter.form({ claims })))
    await expectOAuthError(late, 401, 'invalid_client')
    now.advance(32)
    const later = await asserter.form({ claims: { jti: 'again' } })
    expect((await handler.handle(requestWith(later))).status).toBe(200)
  })

  describe('PrivateKeyJWTClientAuthenticator', () => {
    test('E-26 it returns the client of a request, keeps the request readable and consumes the assertion', async () => {
      const { clientAuthenticator } = processOf()
      const request = requestWith(await asserter.form())
      const again = request.clone()
      const client: OAuthClient = await clientAuthenticator.authenticateRequest(request)
      expect(client).toMatchObject({ client_id: 'billing', token_endpoint_auth_method: 'private_key_jwt' })
      expect(await request.text()).toContain('client_assertion=')
      await expect(clientAuthenticator.authenticateRequest(again)).rejects.toMatchObject({
        code: 'invalid_client',
        status: 401,
        reason: 'assertion_replayed',
      })
    })

    test('E-26 it supports the other methods, too', async () => {
      const { origin, close } = await anyHost.start(notesApp({ now, store }))
      const client = await register(origin, { token_endpoint_auth_method: 'client_secret_post' })
      await close()
      const provider = notesProvider(origin, { now, store })
      const authenticator = new PrivateKeyJWTClientAuthenticator({ provider })
      const ask = (form: Record<string, string>) =>
        authenticator.authenticateRequest(
          new Request(`${origin}/own`, { method: 'POST', body: new URLSearchParams(form) }),
        )
      expect((await ask(withSecret(client, {}))).client_id).toBe(client.client_id)
      await expect(ask({ client_id: client.client_id })).rejects.toMatchObject({ code: 'invalid_client' })
    })

    test('E-16 it can be stricter or as lenient as its provider about the audience', async () => {
      const { provider } = processOf()
      const strictProvider = notesProvider(issuer, {
        now,
        clients: [machine('billing')],
        strictAudience: true,
      })
      const forEndpoint = { claims: { aud: `${issuer}/token` } }
      for (const [options, isAccepted] of [
        [{ provider }, true],
        [{ provider, strictAudience: true }, false],
        [{ provider: strictProvider }, false],
        [{ provider: strictProvider, strictAudience: false }, true],
      ] as const) {
        const authenticator = new PrivateKeyJWTClientAuthenticator(options)
        const answer = authenticator.authenticateRequest(requestWith(await asserter.form(forEndpoint)))
        if (isAccepted) await expect(answer).resolves.toMatchObject({ client_id: 'billing' })
        else await expect(answer).rejects.toMatchObject({ reason: 'assertion_audience', status: 401 })
        const forIssuer = requestWith(await asserter.form())
        expect(await authenticator.authenticateRequest(forIssuer)).toMatchObject({ client_id: 'billing' })
      }
    })

    test('it names a wrong option', () => {
      expect(() => new PrivateKeyJWTClientAuthenticator(fromJavaScript({}))).toThrow('"provider"')
      const { provider } = processOf()
      const wrong = { strictAudience: fromJavaScript<boolean>('yes') }
      expect(() => new PrivateKeyJWTClientAuthenticator({ provider, ...wrong })).toThrow('"strictAudience"')
      expect(() => notesProvider(issuer, wrong)).toThrow('"strictAudience"')
    })
  })
})

test('E-18 E-25 a replayed assertion is refused and does not count against its client', async () => {
  const moments: string[] = []
  const rateLimit: RateLimit = ({ stage, clientId }) => {
    moments.push(`${stage} ${clientId}`)
    return { allowed: true }
  }
  const host = await anyHost.start(notesApp({ now, rateLimit, clients: [machine('billing')] }))
  const request = { grant_type, ...(await new Asserter(key, 'billing', host.origin, now).form()) }
  expect((await postForm(`${host.origin}/token`, request)).status).toBe(200)
  moments.length = 0
  await expectOAuthError(await postForm(`${host.origin}/token`, request), 401, 'invalid_client')
  expect(moments.filter((moment) => moment.endsWith('billing'))).toEqual(['failed billing'])
  await host.close()
})

test('E-10 an unknown client costs as many signature checks as a known one', async () => {
  const host = await anyHost.start(
    notesApp({ now, clients: [machine('billing'), { ...billingWithSecret, client_id: 'with-secret' }] }),
  )
  const verify = vi.spyOn(crypto.subtle, 'verify')
  for (const alg of algorithms) {
    const forged = await newClientKey(alg, alg)
    for (const clientId of ['billing', 'with-secret', 'nobody']) {
      for (const kid of [alg, 'unknown']) {
        verify.mockClear()
        const form = await new Asserter(forged, clientId, host.origin, now).form({ header: { kid } })
        const refused = await postForm(`${host.origin}/token`, { grant_type, ...form })
        await expectOAuthError(refused, 401, 'invalid_client')
        expect([clientId, kid, verify.mock.calls.length]).toEqual([clientId, kid, 1])
      }
    }
  }
  verify.mockRestore()
  await host.close()
})

test('D-37 a code replayed with a used assertion revokes nothing', async () => {
  const host = await anyHost.start(notesApp({ now }))
  const client = await register(host.origin, {
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [key.jwk] },
  })
  const asserter = new Asserter(key, client.client_id, host.origin, now)
  const request = { ...codeForm(client, await newCode(host.origin, client)), ...(await asserter.form()) }
  const { refresh_token } = (await (await postForm(`${host.origin}/token`, request)).json()) as Tokens
  await expectOAuthError(await postForm(`${host.origin}/token`, request), 401, 'invalid_client')
  const refresh = { grant_type: 'refresh_token', refresh_token, ...(await asserter.form()) }
  expect((await postForm(`${host.origin}/token`, refresh)).status).toBe(200)
  await host.close()
})
