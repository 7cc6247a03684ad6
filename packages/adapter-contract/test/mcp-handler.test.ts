import { getRequestListener } from '@hono/node-server'
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node'
import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { WebStandardStreamableHTTPServerTransport as WebTransportV1 } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'
import {
  createMcpHandler,
  McpServer as McpServerV2,
  WebStandardStreamableHTTPServerTransport as WebTransportV2,
} from '@modelcontextprotocol/server'
import { RemoteAuthProvider, StaticTokenVerifier } from '@tollgate/auth-core'
import type { McpNodeTarget } from '@tollgate/auth-core/node'
import * as forExpress from '@tollgate/auth-express'
import * as forFastify from '@tollgate/auth-fastify'
import * as forHono from '@tollgate/auth-hono'
import { testClock } from '@tollgate/auth-testing'
import express5 from 'express'
import express4 from 'express4'
import Fastify, { type FastifyInstance } from 'fastify'
import { Hono, type MiddlewareHandler } from 'hono'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { listen, type RunningHost } from './harness/listen.js'

const now = testClock()

/** What a test sees of MCP servers, and tells them. */
function observe() {
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  return {
    /** The servers that were made. */
    made: 0,
    /** The servers whose transport was closed. */
    closed: 0,
    /** The tool calls that were told to stop. */
    aborted: 0,
    released,
    /** Lets the tool `wait` end. */
    release,
  }
}

type Watched = ReturnType<typeof observe>

/** A server of either SDK: `whoami` tells what it knows of the token, `wait` says something and then waits. */
function serverV1(watched: Watched): McpServerV1 {
  const server = new McpServerV1({ name: 'test', version: '0' })
  watched.made++
  server.server.onclose = () => {
    watched.closed++
  }
  server.registerTool('whoami', {}, (extra) => text(JSON.stringify(extra.authInfo)))
  server.registerTool('wait', {}, async (extra) => {
    extra.signal.addEventListener('abort', () => {
      watched.aborted++
    })
    await extra.sendNotification(progress)
    await watched.released
    return text('done')
  })
  return server
}

function serverV2(watched: Watched): McpServerV2 {
  const server = new McpServerV2({ name: 'test', version: '0' })
  watched.made++
  server.server.onclose = () => {
    watched.closed++
  }
  server.registerTool('whoami', {}, (ctx) => text(JSON.stringify(ctx.http?.authInfo)))
  server.registerTool('wait', {}, async (ctx) => {
    ctx.mcpReq.signal.addEventListener('abort', () => {
      watched.aborted++
    })
    await ctx.mcpReq.notify(progress)
    await watched.released
    return text('done')
  })
  return server
}

const progress = {
  method: 'notifications/progress',
  params: { progressToken: 'p', progress: 1, message: 'first' },
} as const

function text(content: string) {
  return { content: [{ type: 'text' as const, text: content }] }
}

const nodeTargets: [string, (watched: Watched) => McpNodeTarget<unknown>][] = [
  [
    'the transport of SDK v1',
    (watched) => async () => {
      const transport = new StreamableHTTPServerTransport()
      await serverV1(watched).connect(transport)
      return transport
    },
  ],
  [
    'the transport of SDK v2',
    (watched) => async () => {
      const transport = new NodeStreamableHTTPServerTransport()
      await serverV2(watched).connect(transport)
      return transport
    },
  ],
  ['the handler of SDK v2', (watched) => createMcpHandler(() => serverV2(watched))],
]

const webTargets: [string, (watched: Watched) => forHono.McpTarget][] = [
  [
    'the transport of SDK v1',
    (watched) => async () => {
      const transport = new WebTransportV1()
      await serverV1(watched).connect(transport)
      return transport
    },
  ],
  [
    'the transport of SDK v2',
    (watched) => async () => {
      const transport = new WebTransportV2()
      await serverV2(watched).connect(transport)
      return transport
    },
  ],
  ['the handler of SDK v2', (watched) => createMcpHandler(() => serverV2(watched))],
]

type Listener = Parameters<typeof listen>[0]
type Provider = RemoteAuthProvider

function expressApp(
  express: typeof express5,
  middleware: readonly express5.RequestHandler[],
  target: McpNodeTarget<unknown>,
  provider: Provider,
) {
  const app = express()
  // Otherwise Express itself shows stacks.
  app.set('env', 'production')
  app.use(...[forExpress.mcpAuthRouter(provider, { mcpPath: '/mcp' }), ...middleware])
  app.all('/mcp', forExpress.requireBearerAuth(provider), forExpress.mcpHandler(target))
  return app
}

async function fastifyApp(
  prepare: (app: FastifyInstance) => void,
  target: McpNodeTarget<unknown>,
  provider: Provider,
) {
  const app = Fastify()
  prepare(app)
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('x-app', 'yes')
  })
  await app.register(forFastify.mcpAuth, { provider, mcpPath: '/mcp' })
  app.route({
    method: ['GET', 'POST', 'DELETE'],
    url: '/mcp',
    onRequest: forFastify.requireBearerAuth(provider),
    handler: forFastify.mcpHandler(target),
  })
  await app.ready()
  return (...[request, response]: Parameters<FastifyInstance['routing']>) => app.routing(request, response)
}

function honoApp(middleware: readonly MiddlewareHandler[], target: forHono.McpTarget, provider: Provider) {
  const app = new Hono()
  app.route('/', forHono.mcpAuthRoutes(provider, { mcpPath: '/mcp' }))
  app.use('/mcp', forHono.requireBearerAuth(provider), ...middleware)
  app.all('/mcp', forHono.mcpHandler(target))
  return getRequestListener(app.fetch)
}

interface Deployment {
  readonly name: string
  readonly listener: (watched: Watched, provider: Provider) => ReturnType<Listener>
  readonly broken: (provider: Provider) => ReturnType<Listener>
}

const broken = () => {
  throw new Error('no such file: /etc/notes.conf')
}
const needsScope = { write: ['notes:write'] }

const nodeApps: [string, (target: McpNodeTarget<unknown>, provider: Provider) => ReturnType<Listener>][] = [
  ['express 5', (...given) => expressApp(express5, [], ...given)],
  ['express 5 after json', (...given) => expressApp(express5, [express5.json()], ...given)],
  [
    'express 4 after json',
    (...given) => expressApp(express4 as typeof express5, [express5.json()], ...given),
  ],
  ['express 4', (...given) => expressApp(express4 as typeof express5, [], ...given)],
  ['fastify', (...given) => fastifyApp(() => {}, ...given)],
  [
    'fastify without parsers',
    (...given) =>
      fastifyApp(
        (app) => {
          app.removeAllContentTypeParsers()
          app.addContentTypeParser('*', async () => undefined)
        },
        ...given,
      ),
  ],
]

const webApps: [string, (target: forHono.McpTarget, provider: Provider) => ReturnType<Listener>][] = [
  ['hono', (...given) => honoApp([], ...given)],
  ['hono after the tool scopes', (...given) => honoApp([forHono.requireToolScopes(needsScope)], ...given)],
]

const deployments: readonly Deployment[] = [
  ...nodeApps.flatMap(([app, listener]) =>
    nodeTargets.map(([target, make]) => ({
      name: `${app} with ${target}`,
      listener: (watched: Watched, provider: Provider) => listener(make(watched), provider),
      broken: (provider: Provider) => listener(broken, provider),
    })),
  ),
  ...webApps.flatMap(([app, listener]) =>
    webTargets.map(([target, make]) => ({
      name: `${app} with ${target}`,
      listener: (watched: Watched, provider: Provider) => listener(make(watched), provider),
      broken: (provider: Provider) => listener(broken, provider),
    })),
  ),
]

function providerOf(origin: string): Provider {
  return new RemoteAuthProvider({
    baseUrl: origin,
    authorizationServers: ['https://login.example'],
    tokenVerifier: new StaticTokenVerifier({
      requiredScopes: ['notes:read'],
      tokens: {
        good: { clientId: 'client-1', subject: 'alice', scopes: ['notes:read', 'x'], claims: { team: 'a' } },
      },
      now,
    }),
  })
}

const mcpHeaders = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }

function callTool(origin: string, name: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${origin}/mcp`, {
    method: 'POST',
    headers: { ...mcpHeaders, authorization: 'Bearer good' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name, arguments: {}, _meta: { progressToken: 'p' } },
    }),
    ...init,
  })
}

type Message = { method?: string; result?: { content: { text: string }[] } }

/** The messages of an answer, as they arrive. */
async function* messagesOf(answer: Response): AsyncGenerator<Message> {
  let buffered = ''
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    buffered += new TextDecoder().decode(chunk, { stream: true })
    const lines = buffered.split('\n')
    buffered = lines.pop() ?? ''
    for (const line of lines) {
      const data = /^data: (\{.*\})\r?$/.exec(line)?.[1]
      if (data !== undefined) yield JSON.parse(data) as Message
    }
  }
  if (buffered.startsWith('{')) yield JSON.parse(buffered) as Message
}

async function eventually(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition() && waited < 2000; waited += 10)
    await new Promise((resolve) => setTimeout(resolve, 10))
}

// The frameworks tell the operator of what was thrown.
beforeAll(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterAll(() => {
  vi.restoreAllMocks()
})

describe.each(deployments)('$name', ({ name, listener, broken }) => {
  let host: RunningHost
  let watched: Watched

  beforeAll(async () => {
    watched = observe()
    host = await listen((origin) => listener(watched, providerOf(origin)))
  })
  afterAll(() => host.close())

  test('A-33 L-25 a tool knows everything of the token, and the same on every framework', async () => {
    const answer = await callTool(host.origin, 'whoami')
    expect(answer.status).toBe(200)
    const messages: Message[] = []
    for await (const message of messagesOf(answer)) messages.push(message)
    expect(JSON.parse(messages.at(-1)?.result?.content[0]?.text ?? '')).toEqual({
      token: 'good',
      clientId: 'client-1',
      scopes: ['notes:read', 'x'],
      expiresAt: now() + 3600,
      resource: `${host.origin}/mcp`,
      subject: 'alice',
      claims: { team: 'a' },
      extra: { subject: 'alice', claims: { team: 'a' } },
    })
  })

  test('L-03 L-10 L-15 what the SDK answers carries what the gate and the application have set', async () => {
    const headers = { ...mcpHeaders, authorization: 'Bearer good', origin: 'https://page.example' }
    const answer = await callTool(host.origin, 'whoami', { headers })
    await answer.body?.cancel()
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('access-control-expose-headers')).toContain('Mcp-Session-Id')
    expect(answer.headers.get('vary')).toContain('Authorization')
    if (name.startsWith('fastify')) expect(answer.headers.get('x-app')).toBe('yes')
  })

  test('L-21 what a tool says arrives before it has ended', async () => {
    const answer = await callTool(host.origin, 'wait')
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    const messages = messagesOf(answer)
    const first = (await messages.next()).value as Message
    expect(first.method).toBe('notifications/progress')
    watched.release()
    const second = (await messages.next()).value as Message
    expect(second.result?.content[0]?.text).toBe('done')
    expect((await messages.next()).done).toBe(true)
  })

  test('A-31 without a good token no MCP server is made', async () => {
    const { made } = watched
    for (const authorization of ['Basic eDp5', 'Bearer bad']) {
      const answer = await callTool(host.origin, 'whoami', { headers: { ...mcpHeaders, authorization } })
      expect(answer.status).toBe(401)
    }
    expect(watched.made).toBe(made)
    await (await callTool(host.origin, 'whoami')).text()
    expect(watched.made).toBe(made + 1)
  })

  test('L-20 O-09 a target that fails is the framework’s 500, without its reasons', async () => {
    const failing = await listen((origin) => broken(providerOf(origin)))
    const answer = await callTool(failing.origin, 'whoami')
    const body = await answer.text()
    await failing.close()
    expect(answer.status).toBe(500)
    expect(body).not.toMatch(/notes\.conf|node_modules|\.ts:| at /)
  })
})

describe.each(deployments)('$name when the answer ends', ({ name, listener }) => {
  test('L-20 the tool is told to stop when the client goes away', async () => {
    const watched = observe()
    const host = await listen((origin) => listener(watched, providerOf(origin)))
    const client = new AbortController()
    const answer = await callTool(host.origin, 'wait', { signal: client.signal })
    await messagesOf(answer).next()
    expect(watched.aborted).toBe(0)
    client.abort()
    await eventually(() => watched.aborted > 0)
    watched.release()
    await host.close()
    expect(watched.aborted, name).toBe(1)
  })

  test('L-20 the transport is closed when the answer has ended', async () => {
    const watched = observe()
    const host = await listen((origin) => listener(watched, providerOf(origin)))
    await (await callTool(host.origin, 'whoami')).text()
    await eventually(() => watched.closed > 0)
    await host.close()
    expect(watched.closed, name).toBe(1)
  })
})

test.each(nodeApps)(
  'L-20 %s closes a transport whose client has gone while it was connected',
  async (_, listener) => {
    const watched = observe()
    let connecting = () => {}
    const asked = new Promise<void>((resolve) => {
      connecting = resolve
    })
    const slow = async () => {
      connecting()
      await watched.released
      const transport = new StreamableHTTPServerTransport()
      await serverV1(watched).connect(transport)
      return transport
    }
    const host = await listen((origin) => listener(slow, providerOf(origin)))
    const client = new AbortController()
    const answer = callTool(host.origin, 'whoami', { signal: client.signal }).catch(() => {})
    await asked
    client.abort()
    await answer
    // Until the server has noticed.
    await new Promise((resolve) => setTimeout(resolve, 30))
    watched.release()
    await eventually(() => watched.closed > 0)
    await host.close()
    expect(watched.closed).toBe(1)
  },
)

test.each([...nodeApps, ...webApps])(
  'L-20 %s tells a handler that its client has gone before the answer',
  async (_, listener) => {
    let asked = () => {}
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve
    })
    let isTold = false
    const handler = {
      fetch: (request: Request) =>
        new Promise<Response>((resolve) => {
          request.signal.addEventListener('abort', () => {
            isTold = true
            resolve(new Response(null, { status: 499 }))
          })
          asked()
        }),
    }
    const host = await listen((origin) => listener(handler, providerOf(origin)))
    const client = new AbortController()
    const answer = callTool(host.origin, 'whoami', { signal: client.signal }).catch(() => {})
    await isAsked
    client.abort()
    await answer
    await eventually(() => isTold)
    await host.close()
    expect(isTold).toBe(true)
  },
)
