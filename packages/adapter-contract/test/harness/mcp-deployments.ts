import { getRequestListener } from '@hono/node-server'
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node'
import type { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { WebStandardStreamableHTTPServerTransport as WebTransportV1 } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'
import {
  createMcpHandler,
  type McpServer as McpServerV2,
  WebStandardStreamableHTTPServerTransport as WebTransportV2,
} from '@modelcontextprotocol/server'
import type { BearerGateOptions, RoutedProvider, ToolScopes, ToolScopesOptions } from '@tollgate/auth-core'
import type { McpNodeTarget } from '@tollgate/auth-core/node'
import * as forExpress from '@tollgate/auth-express'
import * as forFastify from '@tollgate/auth-fastify'
import * as forHono from '@tollgate/auth-hono'
import express5 from 'express'
import express4 from 'express4'
import Fastify, { type FastifyInstance } from 'fastify'
import { Hono, type MiddlewareHandler } from 'hono'
import type { listen } from './listen.js'

type Listener = ReturnType<Parameters<typeof listen>[0]>

/** The gate of a deployment and its options. */
export interface Gated {
  readonly provider: RoutedProvider
  readonly gate?: BearerGateOptions
  readonly toolScopes?: ToolScopes
  readonly toolScopesOptions?: ToolScopesOptions
}

/** The same MCP server, made with either SDK. */
export interface McpServers {
  readonly v1: () => McpServerV1
  readonly v2: () => McpServerV2
}

const nodeTargets: [string, (servers: McpServers) => McpNodeTarget<unknown>][] = [
  [
    'the transport of SDK v1',
    ({ v1 }) =>
      async () => {
        const transport = new StreamableHTTPServerTransport()
        await v1().connect(transport)
        return transport
      },
  ],
  [
    'the transport of SDK v2',
    ({ v2 }) =>
      async () => {
        const transport = new NodeStreamableHTTPServerTransport()
        await v2().connect(transport)
        return transport
      },
  ],
  ['the handler of SDK v2', ({ v2 }) => createMcpHandler(v2)],
]

const webTargets: [string, (servers: McpServers) => forHono.McpTarget][] = [
  [
    'the transport of SDK v1',
    ({ v1 }) =>
      async () => {
        const transport = new WebTransportV1()
        await v1().connect(transport)
        return transport
      },
  ],
  [
    'the transport of SDK v2',
    ({ v2 }) =>
      async () => {
        const transport = new WebTransportV2()
        await v2().connect(transport)
        return transport
      },
  ],
  ['the handler of SDK v2', ({ v2 }) => createMcpHandler(v2)],
]

function expressApp(
  express: typeof express5,
  middleware: readonly express5.RequestHandler[],
  target: McpNodeTarget<unknown>,
  { provider, gate, toolScopes, toolScopesOptions }: Gated,
) {
  const app = express()
  // Otherwise Express itself shows stack traces.
  app.set('env', 'production')
  app.use(...[forExpress.mcpAuthRouter(provider, { mcpPath: '/mcp' }), ...middleware])
  app.all(
    '/mcp',
    forExpress.requireBearerAuth(provider, gate),
    ...(toolScopes === undefined ? [] : [forExpress.requireToolScopes(toolScopes, toolScopesOptions)]),
    forExpress.mcpHandler(target),
  )
  return app
}

async function fastifyApp(
  prepare: (app: FastifyInstance) => void,
  target: McpNodeTarget<unknown>,
  { provider, gate, toolScopes, toolScopesOptions }: Gated,
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
    onRequest: forFastify.requireBearerAuth(provider, gate),
    ...(toolScopes === undefined
      ? {}
      : { preHandler: forFastify.requireToolScopes(toolScopes, toolScopesOptions) }),
    handler: forFastify.mcpHandler(target),
  })
  await app.ready()
  return (...[request, response]: Parameters<FastifyInstance['routing']>) => app.routing(request, response)
}

function honoApp(
  middleware: readonly MiddlewareHandler[],
  target: forHono.McpTarget,
  { provider, gate, toolScopes, toolScopesOptions }: Gated,
) {
  const app = new Hono()
  app.route('/', forHono.mcpAuthRoutes(provider, { mcpPath: '/mcp' }))
  app.use('/mcp', forHono.requireBearerAuth(provider, gate), ...middleware)
  if (toolScopes !== undefined) app.use('/mcp', forHono.requireToolScopes(toolScopes, toolScopesOptions))
  app.all('/mcp', forHono.mcpHandler(target))
  return getRequestListener(app.fetch)
}

export const nodeApps: readonly [string, (target: McpNodeTarget<unknown>, gated: Gated) => Listener][] = [
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

/** Middleware that reads every body, such as a logger. */
const readBody: MiddlewareHandler = async (c, next) => {
  await c.req.text()
  await next()
}

const needsScope = { write: ['notes:write'] }

export const webApps: readonly [string, (target: forHono.McpTarget, gated: Gated) => Listener][] = [
  ['hono', (...given) => honoApp([], ...given)],
  ['hono after the tool scopes', (...given) => honoApp([forHono.requireToolScopes(needsScope)], ...given)],
  ['hono after a reader', (...given) => honoApp([readBody], ...given)],
]

export interface Deployment {
  readonly name: string
  readonly listener: (servers: McpServers, gated: Gated) => Listener
  readonly broken: (gated: Gated) => Listener
}

const broken = () => {
  throw new Error('no such file: /etc/notes.conf')
}

/** Every framework with every way of passing a request to an SDK. */
export const deployments: readonly Deployment[] = [
  ...nodeApps.flatMap(([app, listener]) =>
    nodeTargets.map(([target, make]) => ({
      name: `${app} with ${target}`,
      listener: (servers: McpServers, gated: Gated) => listener(make(servers), gated),
      broken: (gated: Gated) => listener(broken, gated),
    })),
  ),
  ...webApps.flatMap(([app, listener]) =>
    webTargets.map(([target, make]) => ({
      name: `${app} with ${target}`,
      listener: (servers: McpServers, gated: Gated) => listener(make(servers), gated),
      broken: (gated: Gated) => listener(broken, gated),
    })),
  ),
]

export const mcpHeaders = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
} as const

/** Calls a tool as a client of either SDK does. */
export function callTool(origin: string, name: string, init: RequestInit = {}): Promise<Response> {
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

export interface Message {
  readonly method?: string
  readonly result?: { readonly content: readonly { readonly text: string }[] }
}

/** The messages of a response as they arrive. */
export async function* messagesOf(answer: Response): AsyncGenerator<Message> {
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

/** The final result of a tool. */
export async function resultOf(answer: Response): Promise<string | undefined> {
  let text: string | undefined
  for await (const message of messagesOf(answer)) text = message.result?.content[0]?.text ?? text
  return text
}

/** The result of a tool with one text. */
export function text(content: string) {
  return { content: [{ type: 'text' as const, text: content }] }
}
