import { METHODS } from 'node:http'
import { RemoteAuthProvider, StaticTokenVerifier } from '@tollgate/auth-core'
import * as forHono from '@tollgate/auth-hono'
import { Hono } from 'hono'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { listenHttp2, sendHttp2 } from '../harness/http2.js'
import { listen, type RunningHost } from '../harness/listen.js'
import { nodeApps, webApps } from '../harness/mcp-deployments.js'
import { sendRaw } from '../harness/raw-http.js'

const called: unknown[] = []

/** An MCP server that treats any method with a body as POST, in any case, as SDK v2 does with `post`. */
const lenient = {
  async fetch(request: Request, options: { readonly parsedBody?: unknown } = {}) {
    if (['GET', 'HEAD', 'DELETE', 'OPTIONS'].includes(request.method)) return new Response('no call')
    const message = (options.parsedBody ?? (await request.json())) as { params: { name: string } }
    called.push(message.params.name)
    return Response.json({})
  },
}

const toolScopes = { wipe: ['admin'] }

function providerAt(baseUrl: string): RemoteAuthProvider {
  return new RemoteAuthProvider({
    baseUrl,
    authorizationServers: ['https://login.example'],
    tokenVerifier: new StaticTokenVerifier({
      tokens: {
        reader: { clientId: 'client-1', scopes: [] },
        admin: { clientId: 'client-1', scopes: ['admin'] },
      },
    }),
  })
}

const wipe = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'wipe' } })
const headersOf = (token: string) => ({
  'content-type': 'application/json',
  authorization: `Bearer ${token}`,
})

// Without a parser, Fastify has no body to check.
const apps = [...nodeApps, ...webApps].filter(([name]) => !name.startsWith('fastify without'))

beforeEach(() => {
  called.length = 0
})

describe.each(apps)('%s', (_name, deploy) => {
  let host: RunningHost
  beforeAll(async () => {
    host = await listen((origin) => deploy(lenient, { provider: providerAt(origin), toolScopes }))
  })
  afterAll(() => host.close())

  const exempt = ['GET', 'HEAD', 'DELETE', 'OPTIONS']
  // CONNECT is not a request to the application.
  const others = METHODS.filter((method) => ![...exempt, 'POST', 'CONNECT'].includes(method))

  test.each(others)('A-23 A-71 %s calls no tool', async (method) => {
    const answer = await sendRaw(`${host.origin}/mcp`, { method, headers: headersOf('reader'), body: wipe })
    expect([404, 405]).toContain(answer.status)
    expect(called).toEqual([])
  })

  test.each(exempt)('A-30 A-71 %s needs no tool scopes', async (method) => {
    const { authorization } = headersOf('reader')
    const answer = await sendRaw(`${host.origin}/mcp`, { method, headers: { authorization } })
    // Fastify has no route for HEAD here.
    expect([200, 204, 404]).toContain(answer.status)
    expect(called).toEqual([])
  })

  test('A-23 POST calls a tool only with its scopes', async () => {
    const post = (token: string) => sendRaw(`${host.origin}/mcp`, { headers: headersOf(token), body: wipe })
    expect((await post('reader')).status).toBe(403)
    expect(called).toEqual([])
    expect((await post('admin')).status).toBe(200)
    expect(called).toEqual(['wipe'])
  })
})

// Fastify needs its own listener for HTTP/2, and then has no route for such a method.
describe.each(apps.filter(([name]) => !name.startsWith('fastify')))('%s over HTTP/2', (_name, deploy) => {
  let host: RunningHost
  beforeAll(async () => {
    host = await listenHttp2((origin) => deploy(lenient, { provider: providerAt(origin), toolScopes }))
  })
  afterAll(() => host.close())

  const send = (method: string, token: string) =>
    sendHttp2(`${host.origin}/mcp`, { method, headers: headersOf(token), body: wipe })

  test.each(['post', 'Post', 'pOST', 'QUERY', 'PATCH', 'put', 'x'])(
    'A-23 A-71 %s is refused and calls no tool',
    async (method) => {
      const answer = await send(method, 'reader')
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.status).toBeLessThan(500)
      expect(called).toEqual([])
    },
  )

  // @hono/node-server makes GET and OPTIONS of them before any middleware.
  test.each(['get', 'options'])('A-23 A-71 %s calls no tool', async (method) => {
    expect((await send(method, 'reader')).status).toBeLessThan(500)
    expect(called).toEqual([])
  })

  test('A-23 POST over HTTP/2 calls a tool only with its scopes', async () => {
    expect((await send('POST', 'reader')).status).toBe(403)
    expect(called).toEqual([])
    expect((await send('POST', 'admin')).status).toBe(200)
    expect(called).toEqual(['wipe'])
  })
})

/** A request as Deno makes it, with the method as sent. */
function requestOf(method: string, token: string): Request {
  const request = new Request('https://rs.example/mcp', {
    method: 'POST',
    headers: headersOf(token),
    body: wipe,
  })
  return Object.defineProperty(request, 'method', { value: method })
}

describe('hono on a runtime that keeps the spelling of the method', () => {
  const app = new Hono()
  const provider = providerAt('https://rs.example')
  app.route('/', forHono.mcpAuthRoutes(provider, { mcpPath: '/mcp' }))
  app.all(
    '/mcp',
    forHono.requireBearerAuth(provider),
    forHono.requireToolScopes(toolScopes),
    forHono.mcpHandler(lenient),
  )

  test.each(['post', 'Post', 'QUERY', 'patch'])('A-23 A-71 %s calls no tool', async (method) => {
    const answer = await app.fetch(requestOf(method, 'reader'))
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe('GET, POST, DELETE')
    expect(await answer.json()).toEqual({
      jsonrpc: '2.0',
      error: { code: -32000, message: 'Method not allowed' },
      id: null,
    })
    expect(called).toEqual([])
  })

  test('A-23 POST on such a runtime calls a tool only with its scopes', async () => {
    expect((await app.fetch(requestOf('POST', 'reader'))).status).toBe(403)
    expect((await app.fetch(requestOf('POST', 'admin'))).status).toBe(200)
    expect(called).toEqual(['wipe'])
  })
})
