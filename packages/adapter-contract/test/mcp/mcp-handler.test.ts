import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { McpServer as McpServerV2 } from '@modelcontextprotocol/server'
import { RemoteAuthProvider, StaticTokenVerifier } from '@tollgate/auth-core'
import { testClock } from '@tollgate/auth-testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { listen, type RunningHost } from '../harness/listen.js'
import {
  callTool,
  deployments,
  type Gated,
  type McpServers,
  type Message,
  mcpHeaders,
  messagesOf,
  nodeApps,
  text,
  webApps,
} from '../harness/mcp-deployments.js'

const now = testClock()

/** What a test observes of MCP servers, and controls. */
function observe() {
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  return {
    /** The created servers. */
    made: 0,
    /** The servers whose transport was closed. */
    closed: 0,
    /** The tool calls that were aborted. */
    aborted: 0,
    released,
    /** Lets the tool `wait` end. */
    release,
  }
}

type Watched = ReturnType<typeof observe>

/** A server of either SDK: `whoami` returns the token's fields, `wait` reports progress and then waits. */
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

function serversOf(watched: Watched): McpServers {
  return { v1: () => serverV1(watched), v2: () => serverV2(watched) }
}

function gatedBy(origin: string): Gated {
  const provider = new RemoteAuthProvider({
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
  return { provider }
}

async function eventually(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition() && waited < 2000; waited += 10)
    await new Promise((resolve) => setTimeout(resolve, 10))
}

// The frameworks log thrown errors.
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
    host = await listen((origin) => listener(serversOf(watched), gatedBy(origin)))
  })
  afterAll(() => host.close())

  test('A-33 L-25 a tool reads every field of the token, with the same values on every framework', async () => {
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

  test('L-03 L-10 L-15 a response of the SDK keeps the headers of the gate and of the application', async () => {
    const headers = { ...mcpHeaders, authorization: 'Bearer good', origin: 'https://page.example' }
    const answer = await callTool(host.origin, 'whoami', { headers })
    await answer.body?.cancel()
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('access-control-expose-headers')).toContain('Mcp-Session-Id')
    expect(answer.headers.get('vary')).toContain('Authorization')
    if (name.startsWith('fastify')) expect(answer.headers.get('x-app')).toBe('yes')
  })

  test('L-21 progress of a tool arrives before the tool ends', async () => {
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

  test('A-31 no MCP server is created without a valid token', async () => {
    const { made } = watched
    for (const authorization of ['Basic eDp5', 'Bearer bad']) {
      const answer = await callTool(host.origin, 'whoami', { headers: { ...mcpHeaders, authorization } })
      expect(answer.status).toBe(401)
    }
    expect(watched.made).toBe(made)
    await (await callTool(host.origin, 'whoami')).text()
    expect(watched.made).toBe(made + 1)
  })

  test('L-20 O-09 a failing target causes the framework’s 500 without its cause', async () => {
    const failing = await listen((origin) => broken(gatedBy(origin)))
    const answer = await callTool(failing.origin, 'whoami')
    const body = await answer.text()
    await failing.close()
    expect(answer.status).toBe(500)
    expect(body).not.toMatch(/notes\.conf|node_modules|\.ts:| at /)
  })
})

// Without a parser, Fastify has no body to check.
describe.each(deployments.filter(({ name }) => !name.startsWith('fastify without')))(
  '$name behind tool scopes',
  ({ listener }) => {
    test('A-23 L-21 a call is checked, and progress of its tool still arrives before it ends', async () => {
      const watched = observe()
      const toolScopes = { wait: ['x'], whoami: ['admin'] }
      const host = await listen((origin) => listener(serversOf(watched), { ...gatedBy(origin), toolScopes }))
      const refused = await callTool(host.origin, 'whoami')
      expect(refused.headers.get('www-authenticate')).toContain('scope="notes:read admin"')
      // Chunked, without a length.
      const params = { name: 'wait', _meta: { progressToken: 'p' } }
      const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params })
      const streamed = { body: new Blob([call]).stream(), duplex: 'half' } as RequestInit
      const messages = messagesOf(await callTool(host.origin, 'wait', streamed))
      expect((await messages.next()).value).toMatchObject({ method: 'notifications/progress' })
      watched.release()
      expect((await messages.next()).value).toMatchObject({ result: text('done') })
      await host.close()
      expect([refused.status, watched.made]).toEqual([403, 1])
    })
  },
)

describe.each(deployments)('$name when the response ends', ({ name, listener }) => {
  test('L-20 the tool is aborted when the client disconnects', async () => {
    const watched = observe()
    const host = await listen((origin) => listener(serversOf(watched), gatedBy(origin)))
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

  test('L-20 the transport is closed when the response ends', async () => {
    const watched = observe()
    const host = await listen((origin) => listener(serversOf(watched), gatedBy(origin)))
    await (await callTool(host.origin, 'whoami')).text()
    await eventually(() => watched.closed > 0)
    await host.close()
    expect(watched.closed, name).toBe(1)
  })
})

test.each(nodeApps)(
  'L-20 %s closes a transport whose client disconnected while it was connecting',
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
    const host = await listen((origin) => listener(slow, gatedBy(origin)))
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
  'L-20 %s tells a handler that its client disconnected before the response',
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
    const host = await listen((origin) => listener(handler, gatedBy(origin)))
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
