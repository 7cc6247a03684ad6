import { getRequestListener } from '@hono/node-server'
import { RemoteAuthProvider, StaticTokenVerifier } from '@tollgate/auth-core'
import * as forExpress from '@tollgate/auth-express'
import * as forFastify from '@tollgate/auth-fastify'
import * as forHono from '@tollgate/auth-hono'
import express5 from 'express'
import express4 from 'express4'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { afterEach, describe, expect, test } from 'vitest'
import { listen, type RunningHost } from '../harness/listen.js'
import { sendRaw } from '../harness/raw-http.js'

const toolScopes = { secret: ['admin'], edit: ['write'], named: [] }

const gate = { allowAnonymous: { tools: ['secret'] } }

function providerAt(baseUrl: string): RemoteAuthProvider {
  return new RemoteAuthProvider({
    baseUrl,
    authorizationServers: ['https://login.example'],
    tokenVerifier: new StaticTokenVerifier({
      impliesScope: (granted, required) => granted === 'admin' && required === 'write',
      tokens: {
        admin: { clientId: 'client-1', scopes: ['admin'] },
        writer: { clientId: 'client-1', scopes: ['write'] },
      },
    }),
  })
}

const callOf = (name: string) =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } })

function callTool(origin: string, token: string | undefined, name: string) {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const headers = { 'content-type': 'application/json', ...authorization }
  return sendRaw(`${origin}/mcp`, { headers, body: callOf(name) })
}

let host: RunningHost | undefined
afterEach(async () => {
  await host?.close()
  host = undefined
})

/** What middleware puts in the place of the token. */
type Replace = (auth: object | undefined) => unknown

function onExpress(express: typeof express5, replace: Replace): Promise<RunningHost> {
  return listen((origin) => {
    const app = express()
    app.post(
      '/mcp',
      forExpress.requireBearerAuth(providerAt(origin), { ...gate, mcpPath: '/mcp' }),
      (request, _response, next) => {
        Object.assign(request, { auth: replace(forExpress.getAuth(request)) })
        next()
      },
      forExpress.requireToolScopes(toolScopes),
      (_request, response) => {
        response.json({})
      },
    )
    return app
  })
}

/** @param place Where middleware puts it: Fastify has the token on its request and on Node's. */
function onFastify(place: 'request' | 'raw' | 'both', replace: Replace): Promise<RunningHost> {
  return listen(async (origin) => {
    const app = Fastify()
    app.post(
      '/mcp',
      {
        onRequest: [
          forFastify.requireBearerAuth(providerAt(origin), { ...gate, mcpPath: '/mcp' }),
          async (request) => {
            const auth = replace(forFastify.getAuth(request))
            if (place !== 'raw') Object.assign(request, { auth })
            if (place !== 'request') Object.assign(request.raw, { auth })
          },
        ],
        preHandler: forFastify.requireToolScopes(toolScopes),
      },
      async () => ({}),
    )
    await app.ready()
    return (request, response) => app.routing(request, response)
  })
}

function onHono(replace: Replace): Promise<RunningHost> {
  return listen((origin) => {
    const app = new Hono<{ Variables: { auth: unknown } }>()
    app.use('/mcp', forHono.requireBearerAuth(providerAt(origin), { ...gate, mcpPath: '/mcp' }))
    app.use('/mcp', async (c, next) => {
      c.set('auth', replace(forHono.getAuth(c)))
      await next()
    })
    app.post('/mcp', forHono.requireToolScopes(toolScopes), (c) => c.json({}))
    return getRequestListener(app.fetch)
  })
}

describe.each<[string, (replace: Replace) => Promise<RunningHost>]>([
  ['express 5', (replace) => onExpress(express5, replace)],
  ['express 4', (replace) => onExpress(express4 as typeof express5, replace)],
  ['fastify', (replace) => onFastify('both', replace)],
  ['fastify, on its own request alone', (replace) => onFastify('request', replace)],
  ['fastify, on the raw request alone', (replace) => onFastify('raw', replace)],
  ['hono', onHono],
])('%s', (_, start) => {
  test.each<[string, Replace, number]>([
    ['takes all scopes away', (auth) => ({ ...auth, scopes: [] }), 403],
    ['takes a scope away', (auth) => ({ ...auth, scopes: ['other'] }), 403],
    ['leaves no list of scopes', (auth) => ({ ...auth, scopes: 'admin' }), 403],
    ['leaves something without scopes', () => ({ sub: 'user-1' }), 403],
    ['takes the token away', () => undefined, 401],
    ['leaves null', () => null, 401],
    ['leaves a text', () => 'admin', 401],
  ])('A-23 a tool call is refused when middleware %s', async (_what, replace, status) => {
    host = await start(replace)
    const answer = await callTool(host.origin, 'admin', 'secret')
    expect(answer.status).toBe(status)
    expect(answer.headers['www-authenticate']).toContain('scope="admin"')
  })

  test('A-23 a tool call is refused when middleware removes the token', async () => {
    host = await start(() => undefined)
    expect((await callTool(host.origin, 'admin', 'named')).status).toBe(401)
    expect((await callTool(host.origin, 'admin', 'unnamed')).status).toBe(200)
  })

  test('A-23 middleware cannot add a scope that the token lacks', async () => {
    host = await start((auth) => ({ ...auth, scopes: ['admin', 'write'] }))
    expect((await callTool(host.origin, 'writer', 'secret')).status).toBe(403)
    expect((await callTool(host.origin, 'writer', 'edit')).status).toBe(200)
    expect((await callTool(host.origin, undefined, 'secret')).status).toBe(401)
  })

  test('A-23 a copy of the token with the same or implied scopes may call the same tools', async () => {
    host = await start((auth) => ({ ...auth, tenant: 'one' }))
    expect((await callTool(host.origin, 'admin', 'secret')).status).toBe(200)
    await host.close()
    host = await start((auth) => ({ ...auth, scopes: ['write'] }))
    expect((await callTool(host.origin, 'admin', 'edit')).status).toBe(200)
    expect((await callTool(host.origin, 'admin', 'secret')).status).toBe(403)
  })
})

describe('hono with middleware that replaces the request', () => {
  /** @param inRequest The body that middleware leaves for the MCP server. */
  async function start(inRequest: string, received: unknown[]): Promise<RunningHost> {
    return listen((origin) => {
      const app = new Hono()
      app.use('/mcp', forHono.requireBearerAuth(providerAt(origin), { mcpPath: '/mcp' }))
      app.use('/mcp', async (c, next) => {
        await c.req.json()
        c.req.raw = new Request(c.req.raw, { body: inRequest })
        await next()
      })
      app.use('/mcp', forHono.requireToolScopes(toolScopes))
      const target = {
        async fetch(request: Request, options: { readonly parsedBody?: unknown } = {}) {
          received.push(options.parsedBody ?? (await request.json()))
          return Response.json({})
        },
      }
      app.all('/mcp', forHono.mcpHandler(target))
      return getRequestListener(app.fetch)
    })
  }

  test.each(['whole', 'in chunks'])(
    'A-23 the message that the MCP server receives is the one checked, sent %s',
    async (how) => {
      const received: unknown[] = []
      const headers = { 'content-type': 'application/json', authorization: 'Bearer writer' }
      const send = (origin: string, body: string) =>
        sendRaw(`${origin}/mcp`, { headers, body: how === 'whole' ? body : [Buffer.from(body)] })
      host = await start(callOf('secret'), received)
      expect((await send(host.origin, callOf('edit'))).status).toBe(403)
      await host.close()
      host = await start(callOf('edit'), received)
      expect((await send(host.origin, callOf('secret'))).status).toBe(200)
      expect(received).toEqual([JSON.parse(callOf('edit'))])
    },
  )
})
