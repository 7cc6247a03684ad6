import { memoryStore, type StaticClient } from '@tollgate/auth-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basic } from '../harness/credentials.js'
import { expectErrorRedirect, expectOAuthError } from '../harness/expectations.js'
import { anyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { type NotesAppOptions, notesApp } from '../harness/notes-app.js'
import {
  authorizationUrl,
  Browser,
  callback,
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
import { billingHeader, digest, secret } from '../harness/static-clients.js'

/** A client that the operator limits to fewer scopes than the server has. */
const desk: StaticClient & RegisteredClient = {
  client_id: 'desk',
  redirect_uris: [callback],
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'none',
  scope: 'notes:read',
}

const services: StaticClient = {
  client_id: 'billing',
  secrets: [{ digest }],
  grant_types: ['client_credentials'],
  scope: 'notes:read',
}

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  let client: RegisteredClient
  beforeAll(async () => {
    host = await start(notesApp({ clients: [desk, services] }))
    client = await register(host.origin)
  })
  afterAll(() => host.close())
  const token = (form: Record<string, string>, headers?: Record<string, string>) =>
    postForm(`${host.origin}/token`, form, headers)
  const tokensOf = async (response: Response): Promise<Tokens> => {
    expect(response.status).toBe(200)
    return (await response.json()) as Tokens
  }

  test.each([
    ['openid', 'notes:read'],
    ['openid email profile', 'notes:read'],
    ['offline_access', 'notes:read'],
    ['openid notes:write', 'notes:write'],
    ['notes:write offline_access notes:read', 'notes:write notes:read'],
  ])(
    'C-17 D-10 a client that asks for "%s" signs in, and the response has the scope "%s"',
    async (asked, granted) => {
      const tokens = await newTokens(host.origin, client, { scope: asked })
      expect(tokens.scope).toBe(granted)
      const called = await callMcp(host.origin, tokens.access_token)
      expect(called.status).toBe(granted.includes('notes:read') ? 200 : 403)
    },
  )

  test('C-17 C-30 the consent page shows only the scopes that are granted', async () => {
    const page = await new Browser('alice').open(
      authorizationUrl(host.origin, client, { scope: 'openid admin' }),
    )
    const text = await page.text()
    expect(text).toContain('notes:read')
    expect(text).not.toMatch(/openid|admin/)
  })

  test('D-39 D-54 redemption and refresh omit the same unknown scopes as the authorization', async () => {
    const asked = 'openid notes:read offline_access'
    const code = await newCode(host.origin, client, { scope: asked })
    const redeemed = await tokensOf(await token({ ...codeForm(client, code), scope: asked }))
    expect(redeemed.scope).toBe('notes:read')
    const refreshed = await tokensOf(
      await token({ ...refreshForm(client, redeemed.refresh_token), scope: asked }),
    )
    expect(refreshed.scope).toBe('notes:read')
    expect((await callMcp(host.origin, refreshed.access_token)).status).toBe(200)
  })

  test('D-54 a refresh that names only unknown scopes returns the granted ones', async () => {
    const tokens = await newTokens(host.origin, client, { scope: 'notes:read notes:write' })
    const form = refreshForm(client, tokens.refresh_token)
    expect((await tokensOf(await token({ ...form, scope: 'openid' }))).scope).toBe('notes:read notes:write')
  })

  test.each([
    ['with a granted scope', 'notes:read notes:write'],
    ['alone', 'notes:write'],
    ['with an unknown scope', 'openid notes:write'],
  ])(
    'D-39 D-54 redemption and refresh refuse a known scope that was not granted, %s, and consume nothing',
    async (_name, wider) => {
      const code = await newCode(host.origin, client, { scope: 'openid notes:read' })
      const redemption = codeForm(client, code)
      await expectOAuthError(await token({ ...redemption, scope: wider }), 400, 'invalid_scope')
      const tokens = await tokensOf(await token(redemption))
      const refresh = refreshForm(client, tokens.refresh_token)
      await expectOAuthError(await token({ ...refresh, scope: wider }), 400, 'invalid_scope')
      expect((await tokensOf(await token(refresh))).scope).toBe('notes:read')
    },
  )

  test('C-18 D-54 a scope beyond the maximum of a configured client is never granted', async () => {
    const wide = 'openid notes:read notes:write'
    const tokens = await newTokens(host.origin, desk, { scope: wide })
    expect(tokens.scope).toBe('notes:read')
    const form = refreshForm(desk, tokens.refresh_token)
    const refreshed = await tokensOf(await token({ ...form, scope: wide }))
    expect(refreshed.scope).toBe('notes:read')
    const again = refreshForm(desk, refreshed.refresh_token)
    await expectOAuthError(await token({ ...again, scope: 'notes:write' }), 400, 'invalid_scope')

    const only = authorizationUrl(host.origin, desk, { scope: 'openid notes:write' })
    expectErrorRedirect(await new Browser('alice').open(only), 'invalid_scope', {
      to: `${callback}?`,
      issuer: host.origin,
    })
    const unknown = await newTokens(host.origin, desk, { scope: 'openid' })
    expect(unknown.scope).toBe('notes:read')
  })

  test('D-73 a service that asks for known and unknown scopes gets the known ones', async () => {
    const ask = (scope: string) => token({ grant_type: 'client_credentials', scope }, billingHeader)
    expect((await tokensOf(await ask('openid notes:read'))).scope).toBe('notes:read')
    // No user sees what a service is granted, so a misspelled scope must not become all scopes.
    await expectOAuthError(await ask('notes:raed'), 400, 'invalid_scope')
    await expectOAuthError(await ask('notes:read notes:write'), 400, 'invalid_scope')
    await expectOAuthError(
      await token({ grant_type: 'client_credentials', scope: 'openid' }, basic('billing', secret)),
      400,
      'invalid_scope',
    )
  })
})

async function withServer(options: NotesAppOptions, check: (origin: string) => Promise<void>): Promise<void> {
  const host = await anyHost.start(notesApp(options))
  try {
    await check(host.origin)
  } finally {
    await host.close()
  }
}

const withoutScopes = { scopesSupported: undefined, requiredScopes: undefined }

test.each(['offline_access', 'openid email profile'])(
  'C-17 D-54 a client that asks a server without scopes for "%s" signs in, calls and refreshes',
  (scope) =>
    withServer(withoutScopes, async (origin) => {
      const client = await register(origin, { scope })
      const tokens = await newTokens(origin, client, { scope })
      expect((await callMcp(origin, tokens.access_token)).status).toBe(200)
      const form = { ...refreshForm(client, tokens.refresh_token), scope }
      const refreshed = await postForm(`${origin}/token`, form)
      expect(refreshed.status).toBe(200)
      const { access_token } = (await refreshed.json()) as Tokens
      expect((await callMcp(origin, access_token)).status).toBe(200)
    }),
)

test('C-17 C-18 a client whose registered scopes are no longer supported gets the default scopes', async () => {
  const store = memoryStore()
  let client: RegisteredClient | undefined
  let issuer = ''
  await withServer({ store, scopesSupported: ['notes:read', 'notes:old'] }, async (origin) => {
    issuer = origin
    client = await register(origin, { scope: 'notes:old' })
  })
  const later = await anyHost.start(() => notesApp({ store })(issuer))
  const known = client as RegisteredClient
  for (const scope of [undefined, 'notes:old']) {
    const page = await new Browser('alice').open(authorizationUrl(later.origin, known, { scope }))
    expect(await page.text()).toContain('notes:read')
  }
  await later.close()
})
