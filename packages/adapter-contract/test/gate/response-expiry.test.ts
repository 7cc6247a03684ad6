import { randomUUID } from 'node:crypto'
import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { McpServer as McpServerV2 } from '@modelcontextprotocol/server'
import {
  AccessToken,
  dispatch,
  MultiAuth,
  memoryStore,
  type OAuthProvider,
  protectedResponse,
  RemoteAuthProvider,
  requireBearerAuth,
  StaticTokenVerifier,
} from '@tollgate/auth-core'
import { testClock } from '@tollgate/auth-testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { faultyStore } from '../harness/faulty-store.js'
import { fromJavaScript } from '../harness/from-javascript.js'
import { listen } from '../harness/listen.js'
import {
  callTool,
  deployments,
  type Gated,
  mcpHeaders,
  messagesOf,
  nodeApps,
  text,
  webApps,
} from '../harness/mcp-deployments.js'
import { notesProvider } from '../harness/notes-app.js'
import { newTokens, register } from '../harness/oauth-driver.js'
import { type ResponseTimers, responseTimers } from '../harness/response-timers.js'

const now = testClock()

/** Unhandled rejections and printed errors. */
const complaints: unknown[] = []
const complain = (reason: unknown) => void complaints.push(reason)

let timers: ResponseTimers

beforeEach(() => {
  complaints.length = 0
  timers = responseTimers()
  process.on('unhandledRejection', complain)
  process.on('uncaughtException', complain)
  vi.spyOn(console, 'error').mockImplementation(complain)
})
afterEach(() => {
  timers.restore()
  process.off('unhandledRejection', complain)
  process.off('uncaughtException', complain)
  vi.restoreAllMocks()
})

/** Advances all clocks second by second. */
async function pass(seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i += 1) {
    now.advance(1)
    await timers.tick()
  }
}

/** Until no response is watched and everything in progress has arrived. */
async function allClosed(): Promise<void> {
  await vi.waitFor(() => expect(timers.count).toBe(0))
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve))
}

interface Watched {
  aborted: number
  /** Reports progress in every tool that waits. */
  readonly say: (() => void)[]
}

const progress = (message: string) => ({
  method: 'notifications/progress' as const,
  params: { progressToken: 'p', progress: 1, message },
})

function serversOf(watched: Watched) {
  /** Reports progress and then waits forever. */
  const wait = async (signal: AbortSignal, notify: (message: string) => Promise<void>) => {
    signal.addEventListener('abort', () => {
      watched.aborted += 1
    })
    watched.say.push(() => void notify('more').catch(() => {}))
    await notify('first')
    await new Promise(() => {})
    return text('never')
  }
  return {
    v1() {
      const server = new McpServerV1({ name: 'test', version: '0' })
      server.registerTool('wait', {}, (extra) =>
        wait(extra.signal, (one) => extra.sendNotification(progress(one))),
      )
      return server
    },
    v2() {
      const server = new McpServerV2({ name: 'test', version: '0' })
      server.registerTool('wait', {}, (ctx) =>
        wait(ctx.mcpReq.signal, (one) => ctx.mcpReq.notify(progress(one))),
      )
      return server
    },
  }
}

/** A server whose token `good` expires after a minute. */
function gatedBy(origin: string, more: Partial<Gated> = {}): Gated {
  return {
    provider: new RemoteAuthProvider({
      baseUrl: origin,
      authorizationServers: ['https://login.example'],
      tokenVerifier: new StaticTokenVerifier({
        tokens: { good: { clientId: 'client-1', expiresAt: now() + 60 } },
        now,
      }),
    }),
    ...more,
  }
}

describe.each(deployments)('$name', ({ listener }) => {
  test('A-52 A-75 a stream continues while its token has the scopes of its own source', async () => {
    const watched: Watched = { aborted: 0, say: [] }
    let scopes = ['svc:call']
    let asked = 0
    const machines = {
      requiredScopes: ['svc:call'],
      verifyToken: async (token: string) => {
        asked += 1
        return new AccessToken({ token, clientId: 'machine', scopes, expiresAt: now() + 600 })
      },
    }
    const host = await listen((origin) => {
      const tokenVerifier = new StaticTokenVerifier({ tokens: {}, requiredScopes: ['notes:read'], now })
      const server = new RemoteAuthProvider({
        baseUrl: origin,
        authorizationServers: ['https://login.example'],
        tokenVerifier,
      })
      const provider = new MultiAuth({ server, verifiers: machines, onEvent: () => {} })
      return listener(serversOf(watched), { provider })
    })
    const messages = messagesOf(await callTool(host.origin, 'wait'))
    expect((await messages.next()).value).toMatchObject(progress('first'))
    await pass(70)
    expect(asked).toBeGreaterThan(1)
    for (const say of watched.say) say()
    expect((await messages.next()).value).toMatchObject(progress('more'))
    scopes = ['notes:read']
    await pass(70)
    expect(await messages.next()).toEqual({ done: true, value: undefined })
    await allClosed()
    expect(complaints).toEqual([])
    await host.close()
  })

  test('A-75 L-20 a stream ends cleanly when its token expires, and the tool is aborted', async () => {
    const watched: Watched = { aborted: 0, say: [] }
    const host = await listen((origin) => listener(serversOf(watched), gatedBy(origin)))
    const messages = messagesOf(await callTool(host.origin, 'wait'))
    expect((await messages.next()).value).toMatchObject(progress('first'))
    await pass(59)
    expect(watched.aborted).toBe(0)
    // Progress of the tool arrives until then.
    for (const say of watched.say) say()
    expect((await messages.next()).value).toMatchObject(progress('more'))
    await pass(1)
    expect(await messages.next()).toEqual({ done: true, value: undefined })
    await vi.waitFor(() => expect(watched.aborted).toBe(1))
    for (const say of watched.say) say()
    await allClosed()
    expect(complaints).toEqual([])
    expect((await callTool(host.origin, 'wait')).status).toBe(401)
    await host.close()
  })

  test('A-75 L-20 the expiry watch ends when a client disconnects', async () => {
    const watched: Watched = { aborted: 0, say: [] }
    const host = await listen((origin) => listener(serversOf(watched), gatedBy(origin)))
    const client = new AbortController()
    await messagesOf(await callTool(host.origin, 'wait', { signal: client.signal })).next()
    expect(timers.count).toBe(1)
    client.abort()
    await vi.waitFor(() => expect(watched.aborted).toBe(1))
    await allClosed()
    expect(complaints).toEqual([])
    await host.close()
  })

  test('A-75 A-48 a stream without a token does not end by itself', async () => {
    const watched: Watched = { aborted: 0, say: [] }
    const gate = { allowAnonymous: { tools: ['wait'] } }
    const host = await listen((origin) => listener(serversOf(watched), gatedBy(origin, { gate })))
    const messages = messagesOf(await callTool(host.origin, 'wait', { headers: mcpHeaders }))
    await messages.next()
    await pass(100)
    for (const say of watched.say) say()
    expect((await messages.next()).value).toMatchObject(progress('more'))
    expect([watched.aborted, timers.count]).toEqual([0, 0])
    await host.close()
  })
})

/** An MCP handler that responds on demand and records how it is aborted. */
function slowHandler() {
  let respond: (response: Response) => void = () => {}
  let asked = () => {}
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve
  })
  return {
    isAsked,
    respond: (response: Response) => respond(response),
    fetch: () =>
      new Promise<Response>((resolve) => {
        respond = resolve
        asked()
      }),
  }
}

describe.each([...nodeApps, ...webApps])('%s', (_name, deploy) => {
  test('A-75 A-07 a token that expires before the response starts gets a 401', async () => {
    const handler = slowHandler()
    const host = await listen((origin) => deploy(handler, gatedBy(origin)))
    const answer = callTool(host.origin, 'wait')
    await handler.isAsked
    await pass(60)
    const { status, headers } = await answer
    expect(status).toBe(401)
    expect(headers.get('www-authenticate')).toMatch(/resource_metadata=.*error="invalid_token"/)
    let isCancelled = false
    const cancel = () => {
      isCancelled = true
    }
    handler.respond(new Response(new ReadableStream({ cancel })))
    await allClosed()
    expect([isCancelled, complaints]).toEqual([true, []])
    await host.close()
  })

  test('A-75 streamed JSON ends when its token expires', async () => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('[{"first":true}')),
    })
    const streamed = new Response(body, { headers: { 'content-type': 'application/json' } })
    const host = await listen((origin) => deploy({ fetch: async () => streamed }, gatedBy(origin)))
    const received = (await callTool(host.origin, 'wait')).text()
    expect(timers.count).toBe(1)
    await pass(60)
    // Truncated JSON is invalid.
    expect(await received).toBe('[{"first":true}')
    await allClosed()
    expect(complaints).toEqual([])
    await host.close()
  })

  test('A-75 a response that ends leaves no timer behind', async () => {
    const events = { headers: { 'content-type': 'text/event-stream' } }
    for (const response of [
      Response.json({ ok: true }),
      new Response('data: 1\n\n', events),
      new Response(null),
    ]) {
      const host = await listen((origin) => deploy({ fetch: async () => response }, gatedBy(origin)))
      await (await callTool(host.origin, 'wait')).text()
      await allClosed()
      expect(complaints).toEqual([])
      await host.close()
    }
  })

  test.each<[string, () => unknown]>([
    ['rejects', () => Promise.reject(new Error('no such file'))],
    [
      'throws at once',
      () => {
        throw new Error('no such file')
      },
    ],
    ['responds with nothing', async () => undefined],
  ])('A-75 L-20 a handler that %s leaves no timer behind', async (_, respond) => {
    const failing = { fetch: fromJavaScript<() => Promise<Response>>(respond) }
    const host = await listen((origin) => deploy(failing, gatedBy(origin)))
    expect((await callTool(host.origin, 'wait')).status).toBe(500)
    await allClosed()
    await host.close()
  })
})

test.each(nodeApps)(
  'A-75 with sessions, %s ends the stream of a token and keeps the session',
  async (_name, deploy) => {
    const sessions = new Map<string, StreamableHTTPServerTransport>()
    const connect = async (request: unknown) => {
      const { headers } = request as { headers: Record<string, string> }
      const session = sessions.get(headers['mcp-session-id'] ?? '')
      if (session !== undefined) return session
      const transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (id) => void sessions.set(id, transport),
      })
      await new McpServerV1({ name: 'test', version: '0' }).connect(transport)
      return transport
    }
    const host = await listen((origin) =>
      deploy(connect, {
        provider: new RemoteAuthProvider({
          baseUrl: origin,
          authorizationServers: ['https://login.example'],
          tokenVerifier: new StaticTokenVerifier({
            tokens: {
              good: { clientId: 'client-1', expiresAt: now() + 60 },
              next: { clientId: 'client-1', expiresAt: now() + 600 },
            },
            now,
          }),
        }),
      }),
    )
    const params = {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'test', version: '0' },
    }
    const initialized = await callTool(host.origin, '', {
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }),
    })
    await initialized.text()
    const session = { 'mcp-session-id': initialized.headers.get('mcp-session-id') ?? '' }
    const open = (token: string) =>
      fetch(`${host.origin}/mcp`, {
        headers: { ...session, accept: 'text/event-stream', authorization: `Bearer ${token}` },
      })
    const stream = await open('good')
    expect(stream.status).toBe(200)
    await pass(61)
    expect(await stream.text()).toBe('')
    await allClosed()
    const next = await open('next')
    expect(next.status).toBe(200)
    await next.body?.cancel()
    expect(complaints).toEqual([])
    await host.close()
  },
)

describe.each([...nodeApps, ...webApps])('a revocation, with %s', (_name, deploy) => {
  const stream = {
    fetch: async () => {
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode('data: {"method":"first"}\n\n')),
      })
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    },
  }

  /** Two processes of one server that share a store, and a stream at the first one. */
  async function during(
    options: Parameters<typeof notesProvider>[1],
    check: (use: { here: OAuthProvider; there: OAuthProvider; isOpen: () => boolean }) => Promise<void>,
  ) {
    let providers: OAuthProvider[] = []
    const host = await listen((origin) => {
      const shared = { now, signIn: () => ({ subject: 'alice' }), ...options }
      providers = [notesProvider(origin, shared), notesProvider(origin, shared)]
      for (const provider of providers) provider.setMcpPath('/mcp')
      return deploy(stream, { provider: providers[0] as OAuthProvider })
    })
    const [here, there] = providers as [OAuthProvider, OAuthProvider]
    const { access_token } = await newTokens(host.origin, await register(host.origin))
    const answer = await callTool(host.origin, '', {
      headers: { ...mcpHeaders, authorization: `Bearer ${access_token}` },
    })
    const body = answer.text()
    await check({
      here,
      there,
      isOpen: () => timers.count > 0,
    })
    // It ended as if it were complete.
    await body
    await host.close()
    expect(complaints).toEqual([])
  }

  test('A-75 a revocation ends a stream in the same process within two seconds', () =>
    during({ store: memoryStore({ now }) }, async ({ here, isOpen }) => {
      await pass(5)
      expect(isOpen()).toBe(true)
      await here.revokeTokens({ subject: 'alice' })
      await pass(1)
      // The clock stops, but the verdict on the token may be on its way.
      await vi.waitFor(() => expect(isOpen()).toBe(false))
    }))

  test('A-75 a revocation ends a stream in another process within revocationLag', () =>
    during({ store: memoryStore({ now }), revocationLag: 7 }, async ({ there, isOpen }) => {
      await pass(1)
      await there.revokeTokens({ subject: 'alice' })
      await pass(8)
      // The clock stops, but the verdict on the token may be on its way.
      await vi.waitFor(() => expect(isOpen()).toBe(false))
    }))

  test('A-75 A-17 an outage of the revocation check ends no stream until the check succeeds', async () => {
    const store = faultyStore({ now })
    await during({ store, onEvent: () => {} }, async ({ there, isOpen }) => {
      await there.revokeTokens({ subject: 'alice' })
      store.failAlways()
      await pass(30)
      expect(isOpen()).toBe(true)
      store.heal()
      await pass(11)
      // The clock stops, but the verdict on the token may be on its way.
      await vi.waitFor(() => expect(isOpen()).toBe(false))
    })
  })
})

describe('without a framework', () => {
  const handle = (origin: string, respond: () => Response) => {
    const { provider } = gatedBy(origin)
    const routes = provider.getRoutes('/mcp')
    const authenticate = requireBearerAuth(provider)
    return async (request: Request) => {
      const answer = dispatch(routes, request)
      if (answer !== undefined) return answer
      const authInfo = await authenticate(request)
      return authInfo instanceof Response ? authInfo : protectedResponse(request, respond())
    }
  }
  const request = () => new Request('https://rs.example/mcp', { headers: { authorization: 'Bearer good' } })

  test('A-75 a stream of bare fetch ends when its token expires', async () => {
    let isCancelled = false
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('first')),
      cancel() {
        isCancelled = true
      },
    })
    const answer = await handle('https://rs.example', () => new Response(body))(request())
    const received = answer.text()
    await pass(59)
    expect(isCancelled).toBe(false)
    await pass(1)
    expect(await received).toBe('first')
    expect([isCancelled, timers.count]).toEqual([true, 0])
  })

  test('A-75 streamed JSON of bare fetch ends when its token expires', async () => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('[1')),
    })
    const streamed = new Response(body, { headers: { 'content-type': 'application/json' } })
    const received = (await handle('https://rs.example', () => streamed)(request())).text()
    await pass(60)
    expect(await received).toBe('[1')
    expect(timers.count).toBe(0)
  })

  test('A-75 an unread stream of bare fetch ends with its token, and a complete response is not watched', async () => {
    await handle('https://rs.example', () => new Response(new ReadableStream()))(request())
    expect(timers.count).toBe(1)
    await pass(61)
    expect(timers.count).toBe(0)
    now.advance(-61)
    await handle('https://rs.example', () => new Response(null, { status: 202 }))(request())
    expect(timers.count).toBe(0)
    // Nothing reads the body of a response to HEAD.
    const answer = await handle('https://rs.example', () => Response.json({ ok: true }))(request())
    await allClosed()
    expect(await answer.json()).toEqual({ ok: true })
  })
})
