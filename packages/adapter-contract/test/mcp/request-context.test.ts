import { readFile } from 'node:fs/promises'
import { getRequestListener } from '@hono/node-server'
import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { createMcpHandler, McpServer as McpServerV2 } from '@modelcontextprotocol/server'
import { RemoteAuthProvider, requireBearerAuth, StaticTokenVerifier } from '@tollgate/auth-core'
import { getAuth, withAuth } from '@tollgate/auth-core/context'
import * as forExpress from '@tollgate/auth-express'
import express from 'express'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { listen, type RunningHost } from '../harness/listen.js'
import {
  callTool,
  type Deployment,
  deployments,
  type Gated,
  mcpHeaders,
  messagesOf,
  resultOf,
  text,
} from '../harness/mcp-deployments.js'

const users = Array.from({ length: 20 }, (_, i) => `user-${i}`)

function gatedBy(origin: string): Gated {
  const provider = new RemoteAuthProvider({
    baseUrl: origin,
    authorizationServers: ['https://login.example'],
    tokenVerifier: new StaticTokenVerifier({
      tokens: Object.fromEntries(users.map((user) => [user, { clientId: 'client-1', subject: user }])),
    }),
  })
  return { provider, gate: { dangerouslyAllowAnonymousEverything: true } }
}

/** Holds tools until a given number of them runs, so that all requests are in progress together. */
const meeting = { expected: 1, arrived: 0, everybody: Promise.resolve(), open: () => {} }
function expectToMeet(count: number): void {
  meeting.expected = count
  meeting.arrived = 0
  meeting.everybody = new Promise((resolve) => {
    meeting.open = resolve
  })
}
async function meet(): Promise<void> {
  meeting.arrived += 1
  if (meeting.arrived === meeting.expected) meeting.open()
  await meeting.everybody
}

/** The caller that code far from the tool reads, before and after everything that may lose it. */
async function callers(): Promise<string> {
  const seen = [getAuth()?.subject]
  await meet()
  seen.push(getAuth()?.subject)
  await new Promise((resolve) => setTimeout(resolve, 1))
  seen.push(getAuth()?.subject)
  await readFile(new URL(import.meta.url))
  await new Promise((resolve) => queueMicrotask(() => setImmediate(resolve)))
  seen.push(await Promise.resolve().then(() => getAuth()?.subject))
  return [...new Set(seen)].map((subject) => subject ?? 'nobody').join()
}

const progress = { method: 'notifications/progress', params: { progressToken: 'p', progress: 1 } } as const

const servers = {
  v1: () => {
    const server = new McpServerV1({ name: 'test', version: '0' })
    server.registerTool('callers', {}, async () => text(await callers()))
    server.registerTool('stream', {}, async (extra) => {
      await extra.sendNotification(progress)
      return text(await callers())
    })
    return server
  },
  v2: () => {
    const server = new McpServerV2({ name: 'test', version: '0' })
    server.registerTool('callers', {}, async () => text(await callers()))
    server.registerTool('stream', {}, async (ctx) => {
      await ctx.mcpReq.notify(progress)
      return text(await callers())
    })
    return server
  },
}

/** Without a framework, the application sets the caller of a request. */
const bareFetch: Pick<Deployment, 'name' | 'listener'>[] = [
  {
    name: 'bare fetch with withAuth',
    listener: ({ v2 }, { provider, gate }) => {
      provider.setMcpPath('/mcp')
      const authenticate = requireBearerAuth(provider, gate)
      const mcp = createMcpHandler(v2)
      return getRequestListener(async (request) => {
        const authInfo = await authenticate(request)
        if (authInfo instanceof Response) return authInfo
        const options = authInfo === undefined ? {} : { authInfo }
        return withAuth(authInfo, () => mcp.fetch(request, options))
      })
    },
  },
  {
    name: 'getMiddleware',
    listener: ({ v2 }, { provider, gate }) => {
      provider.setMcpPath('/mcp')
      const [middleware] = (provider as RemoteAuthProvider).getMiddleware(gate)
      const mcp = createMcpHandler(v2)
      return getRequestListener((request) =>
        Promise.resolve(middleware?.(request, (passed) => mcp.fetch(passed)) ?? new Response()),
      )
    },
  },
]

const call = (origin: string, user: string | undefined, tool: string) =>
  callTool(origin, tool, {
    headers: { ...mcpHeaders, ...(user === undefined ? {} : { authorization: `Bearer ${user}` }) },
  })

beforeEach(() => expectToMeet(1))

describe.each([...deployments, ...bareFetch])('$name', ({ listener }) => {
  let host: RunningHost
  beforeAll(async () => {
    host = await listen((origin) => listener(servers, gatedBy(origin)))
  })
  afterAll(() => host.close())

  test('L-25 a tool reads its caller anywhere in its code, even after it awaits', async () => {
    expect(await resultOf(await call(host.origin, 'user-0', 'callers'))).toBe('user-0')
    expectToMeet(1)
    expect(await resultOf(await call(host.origin, undefined, 'callers'))).toBe('nobody')
  })

  test('L-21 L-25 a tool reads its caller after it began to respond', async () => {
    const messages = messagesOf(await call(host.origin, 'user-1', 'stream'))
    expect((await messages.next()).value).toMatchObject({ method: 'notifications/progress' })
    expect((await messages.next()).value).toMatchObject({ result: { content: [{ text: 'user-1' }] } })
  })

  test('A-30 L-25 no request reads the token of another one in progress', async () => {
    const all = [...users, ...users, undefined]
    expectToMeet(all.length)
    const answers = await Promise.all(
      all.map(async (user, i) => resultOf(await call(host.origin, user, i % 2 === 0 ? 'callers' : 'stream'))),
    )
    expect(answers).toEqual(all.map((user) => user ?? 'nobody'))
  })

  test('L-25 there is no caller outside of a request', () => {
    expect(getAuth()).toBeUndefined()
  })
})

test('A-30 L-25 in a session, the caller is that of the current request, not of the first', async () => {
  const transports = new Map<string, StreamableHTTPServerTransport>()
  const host = await listen((origin) => {
    const { provider } = gatedBy(origin)
    const app = express()
    app.use(forExpress.mcpAuthRouter(provider, { mcpPath: '/mcp' }))
    app.all(
      '/mcp',
      forExpress.requireBearerAuth(provider),
      forExpress.mcpHandler(async (request: express.Request) => {
        const known = transports.get(String(request.headers['mcp-session-id']))
        if (known !== undefined) return known
        const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
          sessionIdGenerator: () => 'session-1',
          onsessioninitialized: (id) => void transports.set(id, transport),
        })
        await servers.v1().connect(transport)
        return transport
      }),
    )
    return app
  })
  const initialize = {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'c', version: '0' },
  }
  await callTool(host.origin, '', {
    headers: { ...mcpHeaders, authorization: 'Bearer user-0' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params: initialize }),
  }).then((answer) => answer.text())
  expect([...transports.keys()]).toEqual(['session-1'])

  const callers = users.slice(0, 5)
  expectToMeet(callers.length)
  const answers = await Promise.all(
    callers.map(async (user, id) =>
      resultOf(
        await callTool(host.origin, '', {
          headers: { ...mcpHeaders, authorization: `Bearer ${user}`, 'mcp-session-id': 'session-1' },
          body: JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'callers' } }),
        }),
      ),
    ),
  )
  await host.close()
  expect(answers).toEqual(callers)
})
