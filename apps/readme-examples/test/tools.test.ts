import { createMcpHandler, type McpServer } from '@modelcontextprotocol/server'
import { mcpHandler, requireBearerAuth } from '@tollgate/auth-express'
import { createTestIssuer } from '@tollgate/auth-testing'
import express from 'express'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { whileListening } from './harness/listening.js'

const issuer = await createTestIssuer({ issuer: 'https://login.example.com' })
const resource = 'https://api.example.com/mcp'

const bearer = async (scopes: string[], claims: Record<string, unknown> = {}) => ({
  authorization: `Bearer ${await issuer.mint({ audience: resource, subject: 'alice', scopes, claims })}`,
})

/** The examples share providers and a database: each test has its own. */
afterEach(() => vi.resetModules())

/** Calls a tool of an MCP server without a handshake. */
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
