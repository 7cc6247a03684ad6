import { Resolver } from 'node:dns/promises'
import type { OAuthProvider } from '@tollgate/auth-core'
import { expect, test, vi } from 'vitest'
import { secrets } from '../src/your-options.js'
import { authorizationUrl, open, redirectUri, register, send } from './harness/sign-in.js'

test('F-09 the guide allows its redirect URIs and no others', async () => {
  const { auth } = await import('../src/redirect-uris.js')
  const cline = 'vscode://saoudrizwan.claude-dev/mcp-auth/callback/5f2a'
  for (const uri of ['com.example.app:/oauth/callback', cline]) {
    expect(await register(auth, { redirect_uris: [uri] })).not.toBe('')
    expect(await register(auth, { redirect_uris: [`${uri}/../x`] })).toBe('')
  }
})

test('D-21 D-71 a configured service gets a token with itself as the subject', async () => {
  const { auth } = await import('../src/static-clients.js')
  const response = await send(auth, '/token', {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`billing:${encodeURIComponent(secrets.billing)}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  const { access_token, scope } = (await response.json()) as Record<string, string>
  expect(scope).toBe('notes:read')
  const accessToken = await auth.verifyToken(access_token ?? '')
  expect([accessToken?.clientId, accessToken?.subject]).toEqual(['billing', 'billing'])
})

test('E-04 a client with keys can authenticate only by signing', async () => {
  const { auth } = await import('../src/client-with-keys.js')
  for (const secret of [{}, { client_secret: secrets.billing }]) {
    const response = await send(auth, '/token', {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: 'billing', ...secret }),
    })
    expect([response.status, await response.json()]).toEqual([
      401,
      expect.objectContaining({ error: 'invalid_client' }),
    ])
  }
})

test('F-18 only the holder of the initial access token can register', async () => {
  const { auth } = await import('../src/initial-access-token.js')
  const statusWith = async (headers: Record<string, string>) => {
    const response = await send(auth, '/register', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ redirect_uris: [redirectUri] }),
    })
    return response.status
  }
  expect(await statusWith({})).toBe(401)
  expect(await statusWith({ authorization: `Bearer ${secrets.registration}` })).toBe(201)
})

/** Opens the authorization page for a client whose ID is a URL. */
const openFor = (provider: OAuthProvider<never>, clientId: string) =>
  open(provider, authorizationUrl(provider, clientId))

test('G-19 only documents of trusted clients are fetched', async () => {
  const noNetwork = new Error('there is no network')
  const resolve4 = vi.spyOn(Resolver.prototype, 'resolve4').mockRejectedValue(noNetwork)
  const resolve6 = vi.spyOn(Resolver.prototype, 'resolve6').mockRejectedValue(noNetwork)
  const auth = (await import('../src/trusted-clients.js')).auth as OAuthProvider<never>
  const statuses = ['client.example', 'vscode.dev', 'claude.ai.example'].map(
    async (host) => (await openFor(auth, `https://${host}/oauth/client.json`))?.status,
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
    expect((await openFor(provider, clientId))?.status).toBe(200)
    expect((await openFor(provider, 'https://localhost/client.json'))?.status).toBe(503)
    expect(fetchOfPlatform).toHaveBeenCalledOnce()
  } finally {
    vi.unstubAllGlobals()
  }
})

test('G-24 a pinned document is used without the network', async () => {
  const resolve4 = vi.spyOn(Resolver.prototype, 'resolve4')
  const { auth } = await import('../src/pinned-documents.js')
  const provider = auth as OAuthProvider<never>
  const redirect_uri = 'https://client.example/oauth/callback'
  const clientId = 'https://client.example/oauth/client.json'
  const page = await open(provider, authorizationUrl(provider, clientId, { redirect_uri }))
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
