import { createHash, randomBytes } from 'node:crypto'
import { Resolver } from 'node:dns/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { checkMount, dispatch, memoryStore, OAuthProvider } from '@tollgate/auth-core'
import { expect, test, vi } from 'vitest'
import { logger, options, secrets } from '../src/your-options.js'
import { answers } from '../src/your-sessions.js'
import { users } from '../src/your-users.js'

/** A port of this machine that stands for the public origin. */
async function during(listener: RequestListener, check: (origin: string) => Promise<void>): Promise<void> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await check(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const prefixed: Record<string, () => Promise<RequestListener>> = {
  express: async () => (await import('../src/prefix-express.js')).app,
  fastify: async () => {
    const { app } = await import('../src/prefix-fastify.js')
    await app.ready()
    return (request, response) => app.routing(request, response)
  },
  hono: async () => getRequestListener((await import('../src/prefix-hono.js')).app.fetch),
}

test.each(Object.entries(prefixed))(
  'B-24 L-18 %s below a prefix is reachable at every public URL',
  async (_name, app) => {
    const { auth } = await import('../src/prefix-auth.js')
    await during(await app(), async (origin) => {
      const fetchLocally = (url: string, init: RequestInit) =>
        fetch(url.replace('https://example.com', origin), init)
      expect((await checkMount(auth, { fetch: fetchLocally })).problems).toEqual([])
    })
  },
)

const redirectUri = 'https://client.example/cb'

/** Registers a client, and answers its id. */
async function register(provider: OAuthProvider<never>, metadata: object = {}): Promise<string> {
  const answer = await dispatch(
    provider.getRoutes('/mcp'),
    new Request(`${provider.baseUrl}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris: [redirectUri], client_name: 'Notizbuch <3', ...metadata }),
    }),
  )
  const { client_id } = ((await answer?.json()) ?? {}) as { client_id?: string }
  return client_id ?? ''
}

/** The address of a correct authorization request. */
function authorizationUrl(client_id: string, changes: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    client_id,
    redirect_uri: redirectUri,
    response_type: 'code',
    code_challenge: 'x'.repeat(43),
    code_challenge_method: 'S256',
    ...changes,
  })
  return `https://example.com/api/authorize?${query}`
}

function open(provider: OAuthProvider<never>, url: string, cookie = 'user=alice') {
  return dispatch(provider.getRoutes('/mcp'), new Request(url, { headers: { cookie } }))
}

async function authorize(provider: OAuthProvider<never>, changes?: Record<string, string>) {
  return open(provider, authorizationUrl(await register(provider), changes))
}

test('C-29 C-30 a custom consent page uses its own words and escapes those of the client', async () => {
  const { auth } = await import('../src/own-consent-page.js')
  const shown = await authorize(auth)
  expect(shown?.status).toBe(200)
  const page = await shown?.text()
  expect(page).toContain('<h1>Notizbuch &#60;3 möchte deine Notizen benutzen</h1>')
  expect(page).toContain('<p>Du kommst zurück zu: client.example</p>')
  expect(page).toMatch(
    /<form method="post" action="\/api\/consent">\n<input type="hidden" name="transaction"/,
  )
})

test('C-33 C-42 an answer given in the application counts once, for the request that the user was shown', async () => {
  const { auth } = await import('../src/own-consent.js')
  for (const [answer, parameter] of [
    ['allow', 'code'],
    ['deny', 'error'],
  ] as const) {
    const asked = new URL((await authorize(auth))?.headers.get('location') ?? '')
    expect(asked.pathname).toBe('/may-it')
    const resumeUrl = asked.searchParams.get('request') ?? ''
    answers.set(`alice ${resumeUrl}`, answer)

    const other = await open(auth, `${resumeUrl}&state=other`)
    expect(other?.headers.get('location')).toMatch(/^https:\/\/example\.com\/may-it\?/)
    const answered = await open(auth, resumeUrl)
    expect(answered?.headers.get('location')?.startsWith(`${redirectUri}?${parameter}=`)).toBe(true)
    const again = await open(auth, resumeUrl)
    expect(again?.headers.get('location')).toBe(asked.href)
  }
})

test('C-41 a custom error page lets the user decide whether to leave', async () => {
  const { auth } = await import('../src/own-error-page.js')
  const shown = await authorize(auth, { scope: '"' })
  expect(shown?.status).toBe(400)
  expect(await shown?.text()).toMatch(
    /<a href="https:\/\/client\.example\/cb\?error=invalid_scope[^"]*">weiter zu client\.example<\/a>/,
  )
})

test('F-09 the guide allows its redirect URIs and no others', async () => {
  const { auth } = await import('../src/redirect-uris.js')
  const cline = 'vscode://saoudrizwan.claude-dev/mcp-auth/callback/5f2a'
  for (const uri of ['com.example.app:/oauth/callback', cline]) {
    expect(await register(auth, { redirect_uris: [uri] })).not.toBe('')
    expect(await register(auth, { redirect_uris: [`${uri}/../x`] })).toBe('')
  }
})

test('O-05 the listener receives events', async () => {
  const info = vi.spyOn(logger, 'info')
  const clientId = await register((await import('../src/events.js')).auth)
  const event = { type: 'client.registered', clientId, requestId: expect.any(String) }
  expect(info).toHaveBeenLastCalledWith(event, 'client.registered')
})

test('L-23 rate limits of every kind admit a first client', async () => {
  const { behindCdn, behindProxy } = await import('../src/client-address.js')
  for (const provider of [
    (await import('../src/rate-limits.js')).auth,
    (await import('../src/own-rate-limit.js')).auth,
    behindCdn,
    behindProxy,
  ])
    expect(await register(provider)).toMatch(/^[\w-]+$/)
})

/** What a client and a user do until there are tokens, all in this process. */
async function signInTo(provider: OAuthProvider<never>, resource?: string) {
  const routes = provider.getRoutes(resource === undefined ? '/mcp' : undefined)
  const base = provider.baseUrl as string
  const send = async (path: string, form?: Record<string, string>, headers: Record<string, string> = {}) =>
    (await dispatch(
      routes,
      new Request(`${base}${path}`, {
        ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
        headers,
      }),
    )) as Response
  const client_id = await register(provider, { token_endpoint_auth_method: 'none' })
  const verifier = 'v'.repeat(43)
  const query = new URLSearchParams({
    client_id,
    redirect_uri: redirectUri,
    response_type: 'code',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...(resource === undefined ? {} : { resource }),
  })
  const shown = await send(`/authorize?${query}`)
  const transaction = /name="transaction" value="([^"]+)"/.exec(await shown.text())?.[1] ?? ''
  const cookie = shown.headers.get('set-cookie')?.split(';')[0] ?? ''
  const allowed = await send('/consent', { transaction, decision: 'allow' }, { cookie })
  const code = new URL(allowed.headers.get('location') ?? '').searchParams.get('code') ?? ''
  const grant = { grant_type: 'authorization_code', code, code_verifier: verifier, client_id }
  const answer = await send('/token', grant)
  const tokens = (await answer.json()) as { access_token: string }
  return { status: answer.status, token: tokens.access_token, clientId: client_id }
}

test.each(['own-signing-key', 'key-service', 'encrypted'])(
  'D-18 N-14 tokens of %s are valid',
  async (file) => {
    vi.stubEnv('STORE_KEY', randomBytes(32).toString('base64'))
    const { auth } = (await import(`../src/${file}.ts`)) as { auth: OAuthProvider<never> }
    const { token } = await signInTo(auth)
    expect(await auth.verifyToken(token)).toMatchObject({ subject: 'alice' })
  },
)

test('D-59 N-10 tokens of a user, a client or a grant can be revoked', async () => {
  const { auth } = await import('../src/own-tokens.js')
  const revoke = await import('../src/revoke-tokens.js')
  const provider = new OAuthProvider({ ...options, store: memoryStore() })
  const { token, clientId } = await signInTo(provider)
  const { claims } = (await provider.verifyToken(token)) ?? {}
  const spy = vi.spyOn(auth, 'revokeTokens').mockImplementation((what) => provider.revokeTokens(what))
  await revoke.endUser('bob')
  await revoke.disconnect('alice', 'other')
  await revoke.endClient('other')
  expect(await provider.verifyToken(token)).not.toBeNull()
  await revoke.endGrant(String(claims?.['token_family']))
  expect(await provider.verifyToken(token)).toBeNull()
  await revoke.forget(clientId)
  expect(spy).toHaveBeenLastCalledWith({ clientId })
  spy.mockRestore()
})

test('D-59 a user who was disabled or changed the password gets no tokens', async () => {
  const { auth } = await import('../src/allowed-users.js')
  const alice = { isDisabled: false, passwordChangedAt: 0 }
  users.all.set('alice', alice)
  expect((await signInTo(auth)).status).toBe(200)
  users.all.set('alice', { ...alice, isDisabled: true })
  expect((await signInTo(auth)).status).toBe(401)
  users.all.set('alice', { ...alice, passwordChangedAt: Date.now() / 1000 + 60 })
  expect((await signInTo(auth)).status).toBe(401)
  users.all.set('alice', alice)
})

test('I-04 a resource server introspects the tokens issued for it', async () => {
  const issuer = (await import('../src/introspected-issuer.js')).auth
  const { auth } = await import('../src/introspecting-resource.js')
  const { token } = await signInTo(issuer, 'https://api.example.com/mcp')
  const routes = issuer.getRoutes()
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => dispatch(routes, new Request(url, init)))
  const resource = 'https://api.example.com/mcp'
  expect(await auth.verifyToken(token, { resource })).toMatchObject({ subject: 'alice' })
  expect(await auth.verifyToken('unknown', { resource })).toBeNull()
  vi.unstubAllGlobals()
})

test('D-21 D-71 a configured service gets a token with itself as the subject', async () => {
  const { auth } = await import('../src/static-clients.js')
  const answer = await dispatch(
    auth.getRoutes('/mcp'),
    new Request('https://example.com/api/token', {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`billing:${encodeURIComponent(secrets.billing)}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    }),
  )
  const { access_token, scope } = ((await answer?.json()) ?? {}) as Record<string, string>
  expect(scope).toBe('notes:read')
  const accessToken = await auth.verifyToken(access_token ?? '')
  expect([accessToken?.clientId, accessToken?.subject]).toEqual(['billing', 'billing'])
})

test('E-04 a client with keys can authenticate only by signing', async () => {
  const { auth } = await import('../src/client-with-keys.js')
  for (const secret of [{}, { client_secret: secrets.billing }]) {
    const answer = await dispatch(
      auth.getRoutes('/mcp'),
      new Request('https://example.com/api/token', {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'client_credentials', client_id: 'billing', ...secret }),
      }),
    )
    expect([answer?.status, await answer?.json()]).toEqual([
      401,
      expect.objectContaining({ error: 'invalid_client' }),
    ])
  }
})

test('F-18 only the holder of the initial access token can register', async () => {
  const { auth } = await import('../src/initial-access-token.js')
  const send = (headers: Record<string, string>) =>
    dispatch(
      auth.getRoutes('/mcp'),
      new Request('https://example.com/api/register', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ redirect_uris: [redirectUri] }),
      }),
    )
  expect((await send({}))?.status).toBe(401)
  expect((await send({ authorization: `Bearer ${secrets.registration}` }))?.status).toBe(201)
})

/** Opens the authorization page for a client whose id is a URL. */
function authorizePublished(provider: OAuthProvider<never>, clientId: string): Promise<Response> | undefined {
  const query = new URLSearchParams({
    client_id: clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    code_challenge: 'x'.repeat(43),
    code_challenge_method: 'S256',
  })
  return dispatch(provider.getRoutes('/mcp'), new Request(`${provider.baseUrl}/authorize?${query}`))
}

test('G-19 only documents of trusted clients are fetched', async () => {
  const noNetwork = new Error('there is no network')
  const resolve4 = vi.spyOn(Resolver.prototype, 'resolve4').mockRejectedValue(noNetwork)
  const resolve6 = vi.spyOn(Resolver.prototype, 'resolve6').mockRejectedValue(noNetwork)
  const auth = (await import('../src/trusted-clients.js')).auth as OAuthProvider<never>
  const statuses = ['client.example', 'vscode.dev', 'claude.ai.example'].map(
    async (host) => (await authorizePublished(auth, `https://${host}/oauth/client.json`))?.status,
  )
  expect(await Promise.all(statuses)).toEqual([400, 503, 400])
  expect([resolve4.mock.calls, resolve6.mock.calls]).toEqual([[['vscode.dev']], [['vscode.dev']]])
  vi.restoreAllMocks()
})

test('M-12 a custom fetch fetches documents and never sees local URLs', async () => {
  const clientId = 'https://client.example/client.json'
  const document = { client_id: clientId, client_name: 'Notizbuch', redirect_uris: [redirectUri] }
  const fetchOfPlatform = vi.fn(async () => Response.json(document))
  vi.stubGlobal('fetch', fetchOfPlatform)
  try {
    const { auth } = await import('../src/own-public-fetch.js')
    const provider = auth as OAuthProvider<never>
    expect((await authorizePublished(provider, clientId))?.status).toBe(200)
    expect((await authorizePublished(provider, 'https://localhost/client.json'))?.status).toBe(503)
    expect(fetchOfPlatform).toHaveBeenCalledOnce()
  } finally {
    vi.unstubAllGlobals()
  }
})

test('G-24 a pinned document is used without the network', async () => {
  const resolve4 = vi.spyOn(Resolver.prototype, 'resolve4')
  const { auth } = await import('../src/pinned-documents.js')
  const query = new URLSearchParams({
    client_id: 'https://client.example/oauth/client.json',
    redirect_uri: 'https://client.example/oauth/callback',
    response_type: 'code',
    code_challenge: 'x'.repeat(43),
    code_challenge_method: 'S256',
  })
  const provider = auth as OAuthProvider<never>
  const page = await open(provider, `${provider.baseUrl}/authorize?${query}`)
  expect(await page?.text()).toContain('Example Client')
  expect(resolve4).not.toHaveBeenCalled()
  vi.restoreAllMocks()
})

test('G-25 tryClientDocument reports an unreadable document in one line', async () => {
  const noNetwork = new Error('there is no network')
  vi.spyOn(Resolver.prototype, 'resolve4').mockRejectedValue(noNetwork)
  vi.spyOn(Resolver.prototype, 'resolve6').mockRejectedValue(noNetwork)
  vi.stubGlobal('fetch', async () => new Response(null, { status: 404 }))
  const warn = vi.spyOn(console, 'warn').mockReturnValue()
  try {
    const { auth } = await import('../src/own-tokens.js')
    auth.setMcpPath('/mcp')
    await (await import('../src/try-document.js')).tryDocument()
    expect(warn.mock.calls.flat()).toContainEqual(
      expect.stringMatching(
        /^The client document https:\/\/claude\.ai\/oauth\/claude-code-client-metadata cannot be read: unreachable/,
      ),
    )
  } finally {
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
  }
})

test('a signed-in user continues, a guest is refused, and anyone else is sent to the login page', async () => {
  const { auth } = await import('../src/sign-in.js')
  const url = authorizationUrl(await register(auth))
  const stranger = await open(auth, url, '')
  const login = new URL(stranger?.headers.get('location') ?? '')
  expect(login.href.startsWith('https://example.com/login?next=')).toBe(true)
  const next = login.searchParams.get('next') ?? ''
  for (const one of [url, next]) {
    expect(await (await open(auth, one, 'user=guest'))?.text()).toContain('error=access_denied')
    expect(await (await open(auth, one))?.text()).toContain('alice@example.com')
  }
})

test('an API key of the application works like a token, and nothing else does', async () => {
  const { auth } = await import('../src/several-sources.js')
  auth.getRoutes('/mcp')
  expect(await auth.verifyToken('key-of-alice')).toMatchObject({ clientId: 'key-1', subject: 'alice' })
  expect(await auth.verifyToken('key-of-bob')).toBeNull()
})
