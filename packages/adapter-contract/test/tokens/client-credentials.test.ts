import { type AuthEvent, memoryStore, type SignIn, type StaticClient } from '@tollgate/auth-core'
import { testClock } from '@tollgate/auth-testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basic, basicOf, withSecret } from '../harness/credentials.js'
import { expectErrorRedirect, expectOAuthError } from '../harness/expectations.js'
import { anyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp, notesProvider } from '../harness/notes-app.js'
import {
  authorizationUrl,
  Browser,
  callback,
  callMcp,
  newTokens,
  postForm,
  type RegisteredClient,
  register,
} from '../harness/oauth-driver.js'
import { observedStore } from '../harness/observed-store.js'
import { billing, billingHeader, digest, secret } from '../harness/static-clients.js'

type Form = Record<string, string | readonly string[]>

const grant_type = 'client_credentials'

/** A configured client without a scope, with a grant that would otherwise give a refresh token. */
const backup: StaticClient = {
  client_id: 'backup',
  secrets: [{ digest }],
  grant_types: ['client_credentials', 'refresh_token'],
  token_endpoint_auth_method: 'client_secret_post',
}

/** Invalid requests, each a change of a valid one. */
const mistakes: [string, Form, number, string][] = [
  ['an unknown scope', { scope: 'nope' }, 400, 'invalid_scope'],
  ['a scope beyond the registered one', { scope: 'notes:read notes:write' }, 400, 'invalid_scope'],
  ['an invalid scope', { scope: '"' }, 400, 'invalid_scope'],
  ['an unknown resource', { resource: 'https://evil.example/mcp' }, 400, 'invalid_target'],
  ['a resource with a fragment', { resource: 'https://evil.example/mcp#x' }, 400, 'invalid_target'],
  ['another client', { client_id: 'backup' }, 400, 'invalid_request'],
  ['another grant', { grant_type: 'authorization_code' }, 400, 'unauthorized_client'],
]

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>

async function tokenOf(response: Response): Promise<string> {
  expect(response.status).toBe(200)
  return ((await response.json()) as { access_token: string }).access_token
}

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  const events: AuthEvent[] = []
  const send = (form: Form = {}, headers: Record<string, string> = billingHeader) =>
    postForm(`${host.origin}/token`, { grant_type, ...form }, headers)

  beforeAll(async () => {
    host = await start(notesApp({ clients: [billing, backup], events }))
  })
  afterAll(() => host.close())

  test('D-07 D-21 D-62 D-71 D-74 a client gets a token for itself and no refresh token', async () => {
    const response = await send()
    expect(response.headers.get('cache-control')).toBe('no-store')
    const answer = (await response.clone().json()) as Record<string, unknown>
    expect(answer).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'notes:read',
    })
    const token = await tokenOf(response)
    expect(claimsOf(token)).toMatchObject({
      iss: host.origin,
      sub: 'billing',
      client_id: 'billing',
      aud: `${host.origin}/mcp`,
      scope: 'notes:read',
    })
    expect(await (await callMcp(host.origin, token)).json()).toEqual({
      clientId: 'billing',
      subject: 'billing',
      scopes: ['notes:read'],
      resource: `${host.origin}/mcp`,
    })
    expect(events.at(-1)).toEqual({
      type: 'tokens.issued',
      grantType: 'client_credentials',
      clientId: 'billing',
      subject: 'billing',
      scopes: ['notes:read'],
      grantId: expect.any(String),
      requestId: expect.any(String),
    })
  })

  test('D-62 D-73 a client without a registered scope gets the default scopes, all supported ones as maximum, and no refresh token', async () => {
    const post = (form: Form) => send({ client_id: 'backup', client_secret: secret, ...form }, {})
    const { scope, refresh_token } = (await (await post({})).json()) as Record<string, unknown>
    expect([scope, refresh_token]).toEqual(['notes:read', undefined])
    expect(await (await post({ scope: 'notes:write' })).json()).toMatchObject({ scope: 'notes:write' })
  })

  test.each(mistakes)(
    'D-13 D-73 D-74 %s is refused, and the corrected request succeeds',
    async (_name, form, status, error) => {
      await expectOAuthError(await send(form), status, error)
      const { origin } = host
      await tokenOf(await send({ scope: 'notes:read', resource: `${origin}/mcp` }))
    },
  )

  test('D-70 an unauthenticated client gets no token', async () => {
    await expectOAuthError(await send({}, {}), 401, 'invalid_client')
    await expectOAuthError(await send({ client_id: 'billing' }, {}), 401, 'invalid_client')
    await expectOAuthError(await send({}, basic('billing', 'x'.repeat(45))), 401, 'invalid_client')
    const { client_id } = await register(host.origin)
    await expectOAuthError(await send({ client_id }, {}), 400, 'unauthorized_client')
    await tokenOf(await send())
  })

  test('D-72 a self-registered client cannot use client_credentials', async () => {
    const metadata = { token_endpoint_auth_method: 'client_secret_basic' }
    const refused = await fetch(`${host.origin}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...metadata, grant_types: [grant_type] }),
    })
    await expectOAuthError(refused, 400, 'invalid_client_metadata')
    const registered = await register(host.origin, metadata)
    await expectOAuthError(await send({}, basicOf(registered)), 400, 'unauthorized_client')
  })

  test('H-05 H-06 the client can revoke its own token and no other', async () => {
    const token = await tokenOf(await send())
    const revoke = (headers: Record<string, string>, form: Form = {}) =>
      postForm(`${host.origin}/revoke`, { token, ...form }, headers)
    expect((await revoke({}, { client_id: 'backup', client_secret: secret })).status).toBe(200)
    expect((await callMcp(host.origin, token)).status).toBe(200)
    expect((await revoke(billingHeader)).status).toBe(200)
    expect((await callMcp(host.origin, token)).status).toBe(401)
  })
})

describe('subjects that equal client IDs', () => {
  /** The cookie, whatever its value. */
  const signIn: SignIn = (request) => ({
    subject: /user=([^;]+)/.exec(request.headers.get('cookie') ?? '')?.[1] ?? 'nobody',
  })

  test('D-21 no user can sign in under the ID of a client', async () => {
    const host = await anyHost.start(notesApp({ clients: [billing], signIn }))
    const client = await register(host.origin)
    const url = authorizationUrl(host.origin, client)
    const to = { to: `${callback}?`, issuer: host.origin }
    for (const name of ['billing', client.client_id]) {
      expectErrorRedirect(await new Browser(name).open(url), 'server_error', to)
    }
    expect((await newTokens(host.origin, client)).access_token).toBeTypeOf('string')
    await host.close()
  })

  test('D-21 no user can sign in under the ID of a registered client that may use client_credentials', async () => {
    const open = { dangerouslyAllowClientCredentialsForAnyone: true }
    const host = await anyHost.start(notesApp({ ...open, signIn }))
    const [client, other] = [await register(host.origin), await register(host.origin)]
    const url = authorizationUrl(host.origin, client)
    const to = { to: `${callback}?`, issuer: host.origin }
    expectErrorRedirect(await new Browser(other.client_id).open(url), 'server_error', to)
    expect((await new Browser('alice').open(url)).status).toBe(200)
    await host.close()
  })

  test('D-21 no user can sign in under a client document URL where such clients may use client_credentials', async () => {
    const name = 'https://client.example/oauth/client.json'
    for (const [options, isClient] of [
      [{ dangerouslyAllowClientCredentialsForAnyone: true }, true],
      [{ dangerouslyAllowClientCredentialsForAnyone: true, clientIdMetadataDocuments: false }, false],
      [{}, false],
    ] as const) {
      const host = await anyHost.start(notesApp({ ...options, signIn }))
      const answer = await new Browser(name).open(authorizationUrl(host.origin, await register(host.origin)))
      if (isClient) expectErrorRedirect(answer, 'server_error', { to: `${callback}?`, issuer: host.origin })
      else expect(answer.status).toBe(200)
      await host.close()
    }
  })

  test('D-21 no user can take the ID of a client between the page and the answer', async () => {
    const host = await anyHost.start(notesApp({ clients: [billing] }))
    const browser = new Browser('alice')
    const page = await (await browser.open(authorizationUrl(host.origin, await register(host.origin)))).text()
    browser.cookies.set('user', 'billing')
    const answer = await browser.answer(host.origin, page, 'allow')
    expect(answer.headers.get('location')).toMatch(/[?&]error=server_error(&|$)/)
    expect(answer.headers.get('location')).not.toMatch(/[?&]code=/)
    await host.close()
  })
})

describe('several resources', () => {
  test('D-74 the client names the resource of its token', async () => {
    const resources = ['https://a.example/mcp', 'https://b.example/mcp']
    const host = await anyHost.start((origin) => ({
      provider: notesProvider(origin, { clients: [billing], resources }),
    }))
    const send = (form: Form) => postForm(`${host.origin}/token`, { grant_type, ...form }, billingHeader)
    await expectOAuthError(await send({}), 400, 'invalid_target')
    await expectOAuthError(await send({ resource: resources }), 400, 'invalid_target')
    const token = await tokenOf(await send({ resource: 'https://b.example/mcp' }))
    expect(claimsOf(token)['aud']).toBe('https://b.example/mcp')
    expect((await callMcp(host.origin, token)).status).toBe(401)
    await host.close()
  })
})

describe('client_credentials for every client', () => {
  const metadata = {
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: [grant_type],
    redirect_uris: [],
    scope: 'notes:read',
  }
  const send = (origin: string, client: RegisteredClient, form: Record<string, string> = {}) =>
    postForm(`${origin}/token`, withSecret(client, { grant_type, ...form }))

  test('D-72 D-73 a registered client gets its registered grant until the operator removes it', async () => {
    const store = memoryStore()
    const open = { store, dangerouslyAllowClientCredentialsForAnyone: true }
    const host = await anyHost.start((origin) => ({ provider: notesProvider(origin, open) }))
    const { origin } = host
    const client = await register(origin, metadata)
    await expectOAuthError(await send(origin, client, { scope: 'notes:write' }), 400, 'invalid_scope')
    const token = await tokenOf(await send(origin, client))
    expect(claimsOf(token)).toMatchObject({ sub: client.client_id, client_id: client.client_id })
    await host.close()

    const closed = await anyHost.start(() => ({ provider: notesProvider(origin, { store }) }))
    await expectOAuthError(await send(closed.origin, client), 400, 'unauthorized_client')
    await closed.close()
  })

  test('D-72 D-73 a scope that the operator removed is in no token and cannot be requested', async () => {
    const open = { store: memoryStore(), dangerouslyAllowClientCredentialsForAnyone: true }
    const host = await anyHost.start(notesApp(open))
    const client = await register(host.origin, { ...metadata, scope: 'notes:read notes:write' })
    const before = await tokenOf(await send(host.origin, client))
    expect(claimsOf(before)).toMatchObject({ scope: 'notes:read notes:write' })
    await host.close()

    const narrower = { ...open, scopesSupported: ['notes:read'] }
    const later = await anyHost.start(() => ({ provider: notesProvider(host.origin, narrower) }))
    await expectOAuthError(await send(later.origin, client, { scope: 'notes:write' }), 400, 'invalid_scope')
    const after = await tokenOf(await send(later.origin, client))
    expect(claimsOf(after)).toMatchObject({ scope: 'notes:read' })
    await later.close()
  })

  test('D-70 a client still needs authentication for client_credentials', async () => {
    const host = await anyHost.start(notesApp({ dangerouslyAllowClientCredentialsForAnyone: true }))
    await expect(register(host.origin, { ...metadata, token_endpoint_auth_method: 'none' })).rejects.toThrow(
      'invalid_client_metadata',
    )
    expect(await register(host.origin, metadata)).toMatchObject({ grant_types: [grant_type] })
    await host.close()
  })
})

describe('a removed client', () => {
  test('D-41 a removed client gets no more tokens', async () => {
    const now = testClock()
    const store = observedStore({ now })
    const before = await anyHost.start((origin) => ({
      provider: notesProvider(origin, { now, store, clients: [billing] }),
    }))
    const { origin } = before
    const token = await tokenOf(await postForm(`${origin}/token`, { grant_type }, billingHeader))
    await before.close()

    const provider = (clients: readonly StaticClient[]) => {
      const one = notesProvider(origin, { now, store, clients })
      one.setMcpPath('/mcp')
      return one
    }
    expect(await provider([billing]).verifyToken(token)).toMatchObject({ clientId: 'billing' })
    expect(await provider([]).verifyToken(token)).toBeNull()
  })
})
