import { randomUUID } from 'node:crypto'
import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { McpServer as McpServerV2 } from '@modelcontextprotocol/server'
import {
  type BearerGateOptions,
  type CheckMountOptions,
  checkMount,
  type MountReport,
  RemoteAuthProvider,
  type RoutedProvider,
  StaticTokenVerifier,
} from '@tollgate/auth-core'
import * as forExpress from '@tollgate/auth-express'
import express from 'express'
import { describe, expect, test, vi } from 'vitest'
import { hosts } from '../harness/hosts.js'
import { listen, type RunningHost } from '../harness/listen.js'
import { deployments, nodeApps, text } from '../harness/mcp-deployments.js'

function providerAt(baseUrl: string): RemoteAuthProvider {
  return new RemoteAuthProvider({
    baseUrl,
    authorizationServers: ['https://login.example'],
    tokenVerifier: new StaticTokenVerifier({ tokens: { good: { clientId: 'client-1' } } }),
  })
}

/** The report on a provider while something serves it. */
async function reportOf(
  start: (made: (provider: RoutedProvider) => RoutedProvider) => Promise<RunningHost>,
  optionsOf: (origin: string) => CheckMountOptions = () => ({}),
): Promise<MountReport> {
  const made: RoutedProvider[] = []
  const running = await start((provider) => {
    made.push(provider)
    return provider
  })
  try {
    return await checkMount(made[0] as RoutedProvider, optionsOf(running.origin))
  } finally {
    await running.close()
  }
}

const url = expect.stringMatching(/^http:\/\/localhost:\d+\/mcp$/)

describe.each(hosts)('$name', ({ start }) => {
  const reportWith = (gate: BearerGateOptions, options?: CheckMountOptions) =>
    reportOf(
      (made) => start((origin) => ({ provider: made(providerAt(origin)), gate })),
      () => options ?? {},
    )

  test('B-24 a report without problems lists what was checked', async () => {
    const report = await reportWith({})
    expect(report).toEqual({
      ok: true,
      problems: [],
      checked: [
        expect.stringMatching(/^GET .*\/\.well-known\/oauth-protected-resource\/mcp$/),
        expect.stringMatching(/^POST .*\/mcp$/),
        expect.stringMatching(/^POST .*\/mcp$/),
      ],
      message: expect.stringMatching(
        /^All is well: 2 public URLs lead to this provider, and http:\/\/localhost:\d+\/mcp requires a token\.$/,
      ),
    })
    // It may be logged unchanged.
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
  })

  test('A-07 A-48 checkMount finds no problem with a gate that lists public methods', async () => {
    expect(await reportWith({ allowAnonymous: { tools: ['search'] } })).toMatchObject({ ok: true })
  })

  test('A-07 A-48 checkMount finds an open endpoint even if it refuses invalid tokens', async () => {
    const report = await reportWith({ dangerouslyAllowAnonymousEverything: true })
    expect(report).toMatchObject({
      ok: false,
      problems: [
        {
          url,
          method: 'POST',
          found: '200',
          remedy: 'Anyone can call it. Put requireBearerAuth(provider) in front of it.',
        },
      ],
    })
    expect(report.message).toBe(report.problems[0]?.message)
  })
})

test('A-72 checkMount finds an MCP handler without a gate and names the fix', async () => {
  const error = vi.spyOn(console, 'error').mockImplementation(() => {})
  const report = await reportOf((made) =>
    listen((origin) => {
      const app = express()
      app.use(forExpress.mcpAuthRouter(made(providerAt(origin)), { mcpPath: '/mcp' }))
      app.all('/mcp', forExpress.mcpHandler({ fetch: async () => new Response('everything') }))
      return app
    }),
  )
  error.mockRestore()
  expect(report.problems).toMatchObject([
    { found: '500', remedy: expect.stringContaining('Put requireBearerAuth(provider) there') },
  ])
})

describe('infrastructure in front of the application', () => {
  type Pass = (request: Request) => Promise<Response>

  /** The report through a proxy that changes requests or responses. */
  const reportThrough = (proxy: (request: Request, pass: Pass) => Promise<Response>) =>
    reportOf(
      (made) => hosts[0]?.start((origin) => ({ provider: made(providerAt(origin)) })) as Promise<RunningHost>,
      () => ({
        fetch: (target, init) =>
          proxy(new Request(target, init), (request) => fetch(request, { redirect: 'manual' })),
      }),
    )

  async function changed(response: Response, change: (headers: Headers) => void): Promise<Response> {
    const headers = new Headers(response.headers)
    change(headers)
    return new Response(await response.text(), { status: response.status, headers })
  }

  function withHeader(request: Request, change: (headers: Headers) => void): Request {
    const headers = new Headers(request.headers)
    change(headers)
    return new Request(request, { headers })
  }

  test.each<[string, (request: Request, pass: Pass) => Promise<Response>, string[]]>([
    [
      'takes Authorization away',
      (request, pass) => pass(withHeader(request, (headers) => headers.delete('authorization'))),
      ['401 as if there were no token', 'removes the Authorization header'],
    ],
    [
      'adds Authorization',
      (request, pass) => pass(withHeader(request, (headers) => headers.set('authorization', 'Bearer own'))),
      ['401 as if there were a token', 'adds an Authorization header'],
    ],
    [
      'takes the challenge away',
      async (request, pass) => changed(await pass(request), (headers) => headers.delete('www-authenticate')),
      ['401 without a challenge', 'removes WWW-Authenticate'],
    ],
    [
      'renames the challenge',
      async (request, pass) =>
        changed(await pass(request), (headers) => {
          const challenge = headers.get('www-authenticate')
          headers.delete('www-authenticate')
          if (challenge !== null) headers.set('x-amzn-remapped-www-authenticate', challenge)
        }),
      ['401 without a challenge', 'renames WWW-Authenticate'],
    ],
    [
      'adds a CORS policy',
      async (request, pass) =>
        changed(await pass(request), (headers) => headers.append('access-control-allow-origin', '*')),
      ['200 with two CORS policies', 'browsers refuse two'],
    ],
    [
      'asks for a password',
      async () => new Response(null, { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }),
      ['401', 'asks for credentials of its own'],
    ],
    [
      'asks for a sign-in',
      async () =>
        new Response(null, { status: 302, headers: { location: 'https://sso.example/login?next=1' } }),
      ['302 to https://sso.example/login?next=1', 'asks for a sign-in of its own'],
    ],
    [
      'does not reach the application',
      async () => new Response('<h1>502 Bad Gateway</h1>', { status: 502, headers: { server: 'nginx' } }),
      ['502 (server: nginx)', 'cannot reach the application'],
    ],
    [
      'asks for a browser',
      async () => new Response('<script>', { status: 403, headers: { 'cf-mitigated': 'challenge' } }),
      ['403', 'A bot check in front'],
    ],
    [
      'refuses it',
      async () => new Response('Forbidden', { status: 403 }),
      ['403', 'A firewall or an access proxy'],
    ],
    [
      'is a tunnel to nowhere',
      async () => new Response('x', { status: 404, headers: { 'ngrok-error-code': 'ERR_NGROK_3200' } }),
      ['404', 'The tunnel responds by itself'],
    ],
    [
      'is the check of hosts',
      async () => Response.json({ error: { message: 'Invalid Host: rs.example' } }, { status: 403 }),
      ['403', 'refuses the host of its own public URL'],
    ],
  ])('B-24 L-18 checkMount recognizes infrastructure that %s', async (_name, proxy, [found, remedy]) => {
    const { ok, problems } = await reportThrough(proxy)
    expect(ok).toBe(false)
    for (const problem of problems) {
      expect(problem).toMatchObject({
        found: expect.stringContaining(found ?? ''),
        remedy: expect.stringContaining(remedy ?? ''),
      })
    }
  })

  test('B-24 L-20 checkMount does not wait for an endless stream', async () => {
    const endless = () =>
      new Response(new ReadableStream(), { headers: { 'content-type': 'text/event-stream' } })
    const { problems } = await reportThrough(async (request, pass) =>
      request.method === 'POST' ? endless() : pass(request),
    )
    expect(problems).toMatchObject([{ found: '200', remedy: expect.stringContaining('Anyone can call it') }])
  })
})

const toolScopes = { add_notes: ['notes:write'], whoami: [], Whoami: [] }

/** A server of either SDK with more tools than the table names. */
const servers = {
  v1() {
    const server = new McpServerV1({ name: 'test', version: '0' })
    for (const name of ['add_note', 'whoami', 'list']) server.registerTool(name, {}, () => text(name))
    return server
  },
  v2() {
    const server = new McpServerV2({ name: 'test', version: '0' })
    for (const name of ['add_note', 'whoami', 'list']) server.registerTool(name, {}, () => text(name))
    return server
  },
}

const misspelled = [
  {
    url,
    method: 'tools/list',
    found: 'no tool "add_notes"',
    remedy:
      'Did you mean "add_note"? Until then, the tool that requireToolScopes should protect needs no scopes of its own.',
  },
  { found: 'no tool "Whoami"', remedy: expect.stringMatching(/^Did you mean "whoami"\?/) },
]

describe.each(deployments)('$name', ({ listener }) => {
  const reportWith = (options: CheckMountOptions, gate: BearerGateOptions = {}) =>
    reportOf(
      (made) => listen((origin) => listener(servers, { provider: made(providerAt(origin)), gate })),
      () => options,
    )

  test('A-23 checkMount finds table entries for unknown tools and suggests existing ones', async () => {
    const report = await reportWith({ toolScopes, token: 'good' })
    expect(report.ok).toBe(false)
    expect(report.problems).toMatchObject(misspelled)
    expect(report.message.split('\n')).toHaveLength(2)
    expect((await reportWith({ toolScopes }, { allowAnonymous: {} })).problems).toMatchObject(misspelled)
  })

  test('A-23 checkMount confirms a table whose tools all exist', async () => {
    const report = await reportWith({ toolScopes: { whoami: [] }, token: 'good' })
    expect(report).toMatchObject({
      ok: true,
      message: expect.stringMatching(/ Every tool in "toolScopes" exists\.$/),
    })
  })

  test('A-23 checkMount reports tools that it cannot list', async () => {
    expect((await reportWith({ toolScopes })).problems).toMatchObject([
      {
        method: 'tools/list',
        found: '401',
        remedy: 'Pass a "token" that may list the tools.',
      },
    ])
    expect((await reportWith({ toolScopes, token: 'bad' })).problems).toMatchObject([
      { found: '401', remedy: 'Is the "token" valid, and may it list the tools?' },
    ])
  })
})

test.each(nodeApps)(
  'A-23 checkMount lists the tools of a server with sessions behind %s and ends the session',
  async (_name, deploy) => {
    const sessions = new Map<string, StreamableHTTPServerTransport>()
    const connect = async (request: unknown) => {
      const { headers } = request as { headers: Record<string, string> }
      const session = sessions.get(headers['mcp-session-id'] ?? '')
      if (session !== undefined) return session
      const transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (id) => void sessions.set(id, transport),
        onsessionclosed: (id) => void sessions.delete(id),
      })
      await servers.v1().connect(transport)
      return transport
    }
    const report = await reportOf(
      (made) => listen((origin) => deploy(connect, { provider: made(providerAt(origin)) })),
      () => ({ toolScopes, token: 'good' }),
    )
    expect(report.problems).toMatchObject(misspelled)
    expect(sessions.size).toBe(0)
  },
)

describe('unusable tool lists', () => {
  const listedBy = (
    respond: (message: { id?: number; method: string; params?: { cursor?: string } }) => Response,
  ) =>
    reportOf(
      (made) => hosts[0]?.start((origin) => ({ provider: made(providerAt(origin)) })) as Promise<RunningHost>,
      () => ({
        toolScopes: { a: [], b: [], c: [] },
        token: 'good',
        fetch: async (target, init) => {
          const { headers, body } = init as { headers: Record<string, string>; body?: string }
          return headers['authorization'] === 'Bearer good'
            ? respond(JSON.parse(body ?? '{}'))
            : fetch(target, init)
        },
      }),
    )

  test('A-23 checkMount reads all pages of a list and stops at an endless one', async () => {
    const pages: Record<string, object> = {
      '': { tools: [{ name: 'a' }], nextCursor: 'x' },
      x: { tools: [{ name: 'b' }], nextCursor: 'y' },
      y: { tools: [{ name: 'c' }] },
    }
    const report = await listedBy(({ id, params }) =>
      Response.json({ jsonrpc: '2.0', id, result: pages[params?.cursor ?? ''] }),
    )
    expect(report.ok).toBe(true)
    const endless = { tools: [{ name: 'a' }], nextCursor: 'x' }
    const found = await listedBy(({ id }) => Response.json({ jsonrpc: '2.0', id, result: endless }))
    expect(found.problems.map((problem) => problem.found)).toEqual(['no tool "b"', 'no tool "c"'])
  })

  test.each<[string, (id: number | undefined) => Response, string]>([
    [
      'an error',
      (id) => Response.json({ jsonrpc: '2.0', id, error: { code: -32601, message: 'No tools' } }),
      'No tools',
    ],
    ['nothing', (id) => Response.json({ jsonrpc: '2.0', id }), 'no result'],
    ['no list', (id) => Response.json({ jsonrpc: '2.0', id, result: { tools: 'all' } }), 'no list of tools'],
    [
      'a stream that ends',
      () => new Response(':\n\n', { headers: { 'content-type': 'text/event-stream' } }),
      'no response in the stream',
    ],
    ['a redirect', () => new Response(null, { status: 307, headers: { location: '/' } }), '307'],
  ])('A-23 checkMount reports %s', async (_name, respond, found) => {
    expect((await listedBy(({ id }) => respond(id))).problems).toMatchObject([
      { method: 'tools/list', found },
    ])
  })
})

test('checkMount refuses a token without a table and an invalid table', async () => {
  const provider = providerAt('https://rs.example')
  provider.setMcpPath('/mcp')
  await expect(checkMount(provider, { token: 'x' })).rejects.toThrow(
    'checkMount: "token" must be set together with "toolScopes".',
  )
  const wrong = { toolScopes: { whoami: 'notes' } } as unknown as CheckMountOptions
  await expect(checkMount(provider, wrong)).rejects.toThrow('"toolScopes.whoami" must be a list of scopes')
})
