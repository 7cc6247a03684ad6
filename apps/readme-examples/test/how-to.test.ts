import { createMcpHandler, type McpServer } from '@modelcontextprotocol/server'
import { OAuthProvider } from '@tollgate/auth-core'
import { mcpHandler, requireBearerAuth } from '@tollgate/auth-express'
import { createTestIssuer, decodeToken } from '@tollgate/auth-testing'
import express from 'express'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { whileListening } from './harness/listening.js'
import { signInTo } from './harness/sign-in.js'

const issuer = await createTestIssuer({ issuer: 'https://login.example.com' })
const resource = 'https://api.example.com/mcp'

const bearer = async (scopes: string[], claims: Record<string, unknown> = {}) => ({
  authorization: `Bearer ${await issuer.mint({ audience: resource, subject: 'alice', scopes, claims })}`,
})

/** The examples share providers and a database: each test has its own. */
afterEach(() => vi.resetModules())

/** Calls a tool of an MCP server, as a client of today does: without a handshake. */
const callTool = (origin: string, name: string, headers: Record<string, string>) =>
  fetch(`${origin}/mcp`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } }),
  })

/** The application around a server of SDK v2 that the page leaves out. */
function serve(auth: Parameters<typeof requireBearerAuth>[0], createServer: () => McpServer) {
  const gate = requireBearerAuth(auth, { mcpPath: '/mcp' })
  return express().all('/mcp', gate, mcpHandler(createMcpHandler(createServer)))
}

describe('with the tokens of another issuer', () => {
  const { fetch: realFetch } = globalThis
  beforeEach(() => {
    vi.stubGlobal('fetch', (url: string, init: RequestInit) =>
      new URL(url).hostname === 'login.example.com' ? issuer.fetch(url) : realFetch(url, init),
    )
  })
  afterEach(() => vi.unstubAllGlobals())

  test('A-12 the table of tool-scopes requires more for a tool that it names', async () => {
    const { app } = await import('../src/tool-scopes.js')
    await whileListening(app, async (origin) => {
      expect((await callTool(origin, 'whoami', await bearer(['notes:read']))).status).toBe(200)
      const refusal = await callTool(origin, 'add_note', await bearer(['notes:read']))
      expect(refusal.status).toBe(403)
      expect(refusal.headers.get('www-authenticate')).toContain('scope="notes:read notes:write"')
    })
  })

  test('A-12 the tool of tool-scope-challenge asks for its scopes itself', async () => {
    const { createServer } = await import('../src/tool-scope-challenge.js')
    const { auth } = await import('../src/remote-auth.js')
    await whileListening(serve(auth, createServer), async (origin) => {
      const refusal = await callTool(origin, 'add_note', await bearer(['notes:read']))
      expect(refusal.status).toBe(403)
      expect(refusal.headers.get('www-authenticate')).toContain('scope="notes:read notes:write"')
      const allowed = await callTool(origin, 'add_note', await bearer(['notes:read', 'notes:write']))
      expect(await allowed.text()).toContain('The note was added.')
    })
  })

  test('the tool of read-the-caller names the user and a typed claim', async () => {
    const { createServer } = await import('../src/read-the-caller.js')
    const { auth } = await import('../src/typed-claims.js')
    await whileListening(serve(auth, createServer), async (origin) => {
      const answer = await callTool(origin, 'whoami', await bearer([], { tenant: 'acme' }))
      expect(await answer.text()).toContain('alice of acme')
      expect((await callTool(origin, 'whoami', await bearer([]))).status).toBe(401)
    })
  })

  test('only the tool that public-tools names needs no token', async () => {
    const { app } = await import('../src/public-tools.js')
    await whileListening(app, async (origin) => {
      expect((await callTool(origin, 'search', {})).status).toBe(200)
      expect((await callTool(origin, 'whoami', {})).status).toBe(401)
    })
  })

  test('the gate of web-pages refuses pages that it does not name', async () => {
    const { gate } = await import('../src/web-pages.js')
    const app = express().all('/mcp', gate, (_request, response) => void response.json({}))
    await whileListening(app, async (origin) => {
      const statusFrom = async (page: string) =>
        (await callTool(origin, 'whoami', { origin: page, ...(await bearer(['notes:read'])) })).status
      expect(await statusFrom('https://app.example.com')).toBe(200)
      expect(await statusFrom('http://localhost:5173')).toBe(200)
      expect(await statusFrom('https://other.example.com')).toBe(403)
    })
  })

  test('check-tools names the tools that the server does not have', async () => {
    const { app } = await import('../src/tool-scopes.js')
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    await whileListening(app, async (origin) => {
      vi.stubGlobal('fetch', (url: string, init: RequestInit) =>
        new URL(url).hostname === 'login.example.com'
          ? issuer.fetch(url)
          : realFetch(String(url).replace('https://api.example.com', origin), init),
      )
      const { checkTools } = await import('../src/check-tools.js')
      const token = (await bearer(['notes:read'])).authorization.slice('Bearer '.length)
      expect(await checkTools(token)).toBe(false)
      const warnings = warn.mock.calls.flat().join('\n')
      expect(warnings).toContain('add_note')
      expect(warnings).toContain('delete_note')
    })
    warn.mockRestore()
  })
})

test('A-21 tenant-issuers accepts the tokens of its tenants, each by its own issuer', async () => {
  vi.stubGlobal('fetch', async () => Response.json(issuer.jwks()))
  const { verifier } = await import('../src/tenant-issuers.js')
  const verify = async (iss: string, tenant: string) =>
    verifier.verifyToken(await issuer.mint({ audience: resource, claims: { iss, tenant } }))
  expect(await verify('https://login.example.com/acme', 'acme')).toMatchObject({ claims: { tenant: 'acme' } })
  expect(await verify('https://login.example.com/globex', 'acme')).toBeNull()
  expect(await verify('https://login.example.com/other', 'other')).toBeNull()
  vi.unstubAllGlobals()
})

test('development-tokens accepts the token that it lists', async () => {
  const { auth } = await import('../src/development-tokens.js')
  expect(await auth.verifyToken('token-of-alice')).toMatchObject({ subject: 'alice' })
  expect(await auth.verifyToken('another')).toBeNull()
})

test('B-24 the server behind-a-proxy is found at its public URL and counts the addresses that the proxy names', async () => {
  const { app } = await import('../src/behind-a-proxy.js')
  await whileListening(app, async (origin) => {
    const discovery = await fetch(`${origin}/.well-known/oauth-authorization-server/apps/notes`)
    expect(await discovery.json()).toMatchObject({ issuer: 'https://example.com/apps/notes' })
    expect((await fetch(`${origin}/apps/notes/mcp`, { method: 'POST' })).status).toBe(401)

    const registerFrom = async (address: string) => {
      const response = await fetch(`${origin}/apps/notes/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
        body: JSON.stringify({ redirect_uris: ['https://client.example/cb'] }),
      })
      return response.status
    }
    for (let count = 0; count < 30; count++) expect(await registerFrom('203.0.113.1')).toBe(201)
    expect(await registerFrom('203.0.113.1')).toBe(429)
    expect(await registerFrom('203.0.113.2')).toBe(201)
  })
})

test('each endpoint of several-endpoints has metadata and scopes of its own', async () => {
  const { app } = await import('../src/several-endpoints.js')
  await whileListening(app, async (origin) => {
    const challengeOf = async (path: string) =>
      (await fetch(`${origin}${path}`, { method: 'POST' })).headers.get('www-authenticate')
    expect(await challengeOf('/mcp')).toMatch(/oauth-protected-resource\/mcp", scope="notes:read"$/)
    expect(await challengeOf('/admin/mcp')).toMatch(
      /oauth-protected-resource\/admin\/mcp", scope="notes:write"$/,
    )
  })
})

test('separate-issuer issues tokens for the endpoint of the other server', async () => {
  const { auth } = await import('../src/separate-issuer.js')
  const { token } = await signInTo(auth as OAuthProvider<never>, resource)
  expect(decodeToken(token).claims).toMatchObject({ iss: 'https://login.example.com', aud: resource })
})

test('D-18 rotate-key makes the tokens of the previous key invalid', async () => {
  const { auth } = await import('../src/own-tokens.js')
  const { replaceLeakedKey } = await import('../src/rotate-key.js')
  const { token } = await signInTo(auth as OAuthProvider<never>)
  expect(await auth.verifyToken(token)).toMatchObject({ subject: 'alice' })
  await replaceLeakedKey()
  expect(await auth.verifyToken(token)).toBeNull()
})

test('N-14 next-encryption-key reads what the previous key has encrypted', async () => {
  vi.stubEnv('STORE_KEY', Buffer.alloc(32, 1).toString('base64'))
  vi.stubEnv('NEXT_STORE_KEY', Buffer.alloc(32, 2).toString('base64'))
  const before = (await import('../src/encrypted.js')).auth as OAuthProvider<never>
  const after = (await import('../src/next-encryption-key.js')).auth as OAuthProvider<never>
  const { token } = await signInTo(before)
  after.setMcpPath('/mcp')
  expect(await after.verifyToken(token)).toMatchObject({ subject: 'alice' })
  vi.unstubAllEnvs()
})

test('several-processes accepts the tokens of another process with the same store', async () => {
  const { auth } = await import('../src/several-processes.js')
  const { database, options } = await import('../src/your-options.js')
  const other = new OAuthProvider({ ...options, store: database })
  const { token } = await signInTo(other as OAuthProvider<never>)
  auth.setMcpPath('/mcp')
  expect(await auth.verifyToken(token)).toMatchObject({ subject: 'alice' })
})

test('O-05 the listener of console-events warns of a refresh token that is used again', async () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue()
  const { auth } = await import('../src/console-events.js')
  const { refreshToken, refresh } = await signInTo(auth as OAuthProvider<never>)
  const second = await refresh(refreshToken)
  await refresh(second.refresh_token)
  await refresh(refreshToken)
  expect(warn).toHaveBeenCalledWith('A refresh token of alice may be stolen.')
  warn.mockRestore()
})
