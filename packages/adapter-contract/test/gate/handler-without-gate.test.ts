import { getRequestListener } from '@hono/node-server'
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
import { requireBearerAuth as gateOfSdk } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import { RemoteAuthProvider, StaticTokenVerifier, toSdkVerifier } from '@tollgate/auth-core'
import type { McpHandlerOptions } from '@tollgate/auth-core/adapter'
import * as forExpress from '@tollgate/auth-express'
import * as forFastify from '@tollgate/auth-fastify'
import * as forHono from '@tollgate/auth-hono'
import express5 from 'express'
import express4 from 'express4'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fromJavaScript } from '../harness/from-javascript.js'
import { listen } from '../harness/listen.js'
import { type RawRequest, sendRaw } from '../harness/raw-http.js'

type Listener = ReturnType<Parameters<typeof listen>[0]>
type Adapters = readonly [typeof forExpress, typeof forFastify, typeof forHono]

const provider = new RemoteAuthProvider({
  baseUrl: 'https://rs.example',
  authorizationServers: ['https://login.example'],
  tokenVerifier: new StaticTokenVerifier({ tokens: { good: { clientId: 'client-1' } } }),
})
provider.setMcpPath('/mcp')

/** How often the MCP server was reached, and with which token. */
const served: unknown[] = []
const mcp = {
  async fetch(_request: Request, { authInfo }: { readonly authInfo?: { readonly clientId: string } } = {}) {
    served.push(authInfo?.clientId)
    return Response.json({})
  },
}

interface AppOptions {
  readonly gate?: boolean
  readonly handler?: McpHandlerOptions
  /** The token that the application leaves, as another gate does. */
  readonly auth?: object
  /** The package of the gate. Default: that of the handler. */
  readonly gatesOf?: Adapters
}

interface Framework {
  readonly name: string
  readonly app: (options: AppOptions) => Listener
  /** The gate on the parent application, the handler in a part of it. */
  readonly nested: () => Listener
  /** A gate for GET only. */
  readonly gateForGet: () => Listener
}

const here: Adapters = [forExpress, forFastify, forHono]

function expressFramework(name: string, express: typeof express5): Framework {
  return {
    name,
    app: ({ gate, handler, auth, gatesOf = here }) => {
      const app = express()
      if (auth !== undefined)
        app.use((request, _response, next) => {
          Object.assign(request, { auth })
          next()
        })
      if (gate === true) app.use('/mcp', gatesOf[0].requireBearerAuth(provider))
      app.all('/mcp', forExpress.mcpHandler(mcp, handler))
      return app
    },
    nested: () => {
      const inner = express()
      inner.all('/mcp', forExpress.mcpHandler(mcp))
      const router = express.Router()
      router.use(inner)
      return express().use(forExpress.requireBearerAuth(provider), router)
    },
    gateForGet: () =>
      express().get('/mcp', forExpress.requireBearerAuth(provider)).all('/mcp', forExpress.mcpHandler(mcp)),
  }
}

const method = ['GET', 'POST', 'DELETE']

const fastifyFramework: Framework = {
  name: 'fastify',
  app: async ({ gate, handler, auth, gatesOf = here }) => {
    const app = Fastify()
    if (auth !== undefined)
      app.addHook('onRequest', async (request) => {
        Object.assign(request.raw, { auth })
      })
    if (gate === true) app.addHook('onRequest', gatesOf[1].requireBearerAuth(provider))
    app.route({ method, url: '/mcp', handler: forFastify.mcpHandler(mcp, handler) })
    await app.ready()
    return (request, response) => app.routing(request, response)
  },
  nested: async () => {
    const app = Fastify()
    app.addHook('onRequest', forFastify.requireBearerAuth(provider))
    await app.register(async (outer) => {
      await outer.register(async (inner) => {
        inner.route({ method, url: '/mcp', handler: forFastify.mcpHandler(mcp) })
      })
    })
    await app.ready()
    return (request, response) => app.routing(request, response)
  },
  gateForGet: async () => {
    const app = Fastify()
    const handler = forFastify.mcpHandler(mcp)
    app.get('/mcp', { onRequest: forFastify.requireBearerAuth(provider), handler })
    app.post('/mcp', handler)
    await app.ready()
    return (request, response) => app.routing(request, response)
  },
}

const honoFramework: Framework = {
  name: 'hono',
  app: ({ gate, handler, auth, gatesOf = here }) => {
    const app = new Hono<{ Variables: { auth: object } }>()
    if (auth !== undefined)
      app.use(async (c, next) => {
        c.set('auth', auth)
        await next()
      })
    if (gate === true) app.use('/mcp', gatesOf[2].requireBearerAuth(provider))
    app.all('/mcp', forHono.mcpHandler(mcp, handler))
    return getRequestListener(app.fetch)
  },
  nested: () => {
    const inner = new Hono()
    inner.onError((_error, c) => c.text('failed', 500))
    inner.all('/mcp', forHono.mcpHandler(mcp))
    const app = new Hono()
    app.use(forHono.requireBearerAuth(provider))
    app.use(async (c, next) => {
      c.req.raw = new Request(c.req.raw)
      await next()
    })
    app.route('/', inner)
    return getRequestListener(app.fetch)
  },
  gateForGet: () => {
    const app = new Hono()
    app.get('/mcp', forHono.requireBearerAuth(provider))
    app.all('/mcp', forHono.mcpHandler(mcp))
    return getRequestListener(app.fetch)
  },
}

const frameworks = [
  expressFramework('express 5', express5),
  expressFramework('express 4', express4 as typeof express5),
  fastifyFramework,
  honoFramework,
]

const internalError = { jsonrpc: '2.0', error: { code: -32603, message: 'Internal error' }, id: null }
const call: RawRequest = {
  headers: { 'content-type': 'application/json' },
  body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
}
const withToken: RawRequest = { ...call, headers: { ...call.headers, authorization: 'Bearer good' } }

const told: unknown[] = []
beforeEach(() => {
  served.length = told.length = 0
  vi.spyOn(console, 'error').mockImplementation((message) => told.push(message))
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** The statuses of some requests, and the last of their bodies. */
async function answersOf(listener: Listener, ...requests: readonly RawRequest[]) {
  const host = await listen(() => listener)
  try {
    const answers = []
    for (const request of requests) answers.push(await sendRaw(`${host.origin}/mcp`, request))
    return { statuses: answers.map(({ status }) => status), last: answers.at(-1)?.body ?? '' }
  } finally {
    await host.close()
  }
}

describe.each(frameworks)('$name', ({ app, nested, gateForGet }) => {
  test('A-30 A-72 a handler without a gate serves no request and warns once', async () => {
    const { statuses, last } = await answersOf(app({}), call, withToken, { method: 'GET' }, withToken)
    expect(statuses).toEqual([500, 500, 500, 500])
    expect(JSON.parse(last)).toEqual(internalError)
    expect(served).toEqual([])
    expect(told).toEqual([expect.stringMatching(/^mcpHandler: .*Put requireBearerAuth\(provider\) in front/)])
  })

  test('A-72 a handler behind a gate serves admitted requests', async () => {
    expect((await answersOf(app({ gate: true }), call, withToken)).statuses).toEqual([401, 200])
    expect(served).toEqual(['client-1'])
    expect(told).toEqual([])
  })

  test('A-30 A-72 nothing that a client sends can replace a gate', async () => {
    const names = [
      'auth',
      'Symbol(@tollgate/auth-core/gate/1)',
      '@@tollgate/auth-core/gate/1',
      '@tollgate/auth-core/gate/1',
    ]
    const members = Object.fromEntries(names.map((name) => [name, { accessToken: { scopes: [] } }]))
    const headers = { ...call.headers, auth: 'good', 'x-auth': 'good', cookie: 'auth=good' }
    const body = JSON.stringify({ ...members, __proto__: members, constructor: { prototype: members } })
    expect((await answersOf(app({}), { headers, body })).statuses).not.toContain(200)
    expect(served).toEqual([])
  })

  test('A-72 a token left by other middleware does not replace a gate', async () => {
    const auth = { token: 'x', clientId: 'client-2', scopes: [] }
    expect((await answersOf(app({ auth }), call)).statuses).toEqual([500])
    expect(served).toEqual([])
  })

  test('A-72 an unprotected handler serves everyone', async () => {
    expect((await answersOf(app({ handler: { unprotected: true } }), call, withToken)).statuses).toEqual([
      200, 200,
    ])
    expect(served).toEqual([undefined, undefined])
    expect(told).toEqual([])
  })

  test('A-72 a handler with otherGate serves only requests with a token of that gate', async () => {
    const auth = { token: 'x', clientId: 'client-2', scopes: [] }
    const handler = { otherGate: true }
    expect((await answersOf(app({ auth, handler }), call)).statuses).toEqual([200])
    expect((await answersOf(app({ handler }), call, withToken)).statuses).toEqual([500, 500])
    expect(served).toEqual(['client-2'])
    expect(told).toEqual([expect.stringContaining('refused a request without "auth"')])
  })

  test('A-72 a gate on the parent application counts for its parts', async () => {
    expect((await answersOf(nested(), call, withToken)).statuses).toEqual([401, 200])
    expect(served).toEqual(['client-1'])
  })

  test('A-30 A-72 a gate for one method admits no other method', async () => {
    const { statuses } = await answersOf(gateForGet(), withToken, { ...withToken, method: 'GET', body: [] })
    expect(statuses).toEqual([500, 200])
    expect(served).toEqual(['client-1'])
  })

  test('A-72 the gate of another copy of the package counts', async () => {
    vi.resetModules()
    const copies = await Promise.all([
      import('@tollgate/auth-express'),
      import('@tollgate/auth-fastify'),
      import('@tollgate/auth-hono'),
    ])
    expect(copies[0].requireBearerAuth).not.toBe(forExpress.requireBearerAuth)
    const { statuses } = await answersOf(app({ gate: true, gatesOf: copies }), call, withToken)
    expect(statuses).toEqual([401, 200])
  })
})

test('A-72 a gate around an application mounted by hono does not count because the request differs', async () => {
  const inner = new Hono()
  inner.all('/', forHono.mcpHandler(mcp))
  const app = new Hono()
  app.use(forHono.requireBearerAuth(provider))
  app.mount('/mcp', inner.fetch)
  expect((await answersOf(getRequestListener(app.fetch), withToken)).statuses).toEqual([500])
})

test.each([
  ['express 5', express5],
  ['express 4', express4 as typeof express5],
])('A-72 with %s, the gate of SDK v1 counts with otherGate', async (_name, express) => {
  const gate = gateOfSdk({ verifier: toSdkVerifier(provider, { InvalidTokenError }) })
  for (const [handler, statuses] of [
    [undefined, [401, 500]],
    [{ otherGate: true }, [401, 200]],
  ] as const) {
    const app = express().all('/mcp', gate, forExpress.mcpHandler(mcp, handler))
    expect((await answersOf(app, call, withToken)).statuses).toEqual(statuses)
  }
  expect(served).toEqual(['client-1'])
})

test.each([
  [{ unprotected: 'yes' }, 'mcpHandler: "unprotected" must be true or false.'],
  [{ otherGate: 1 }, 'mcpHandler: "otherGate" must be true or false.'],
  [{ unprotected: true, otherGate: true }, /must not both be set/],
  [{ unprotcted: true }, /"unprotcted" is not an option/],
])('A-72 the options %j are refused at once', (options, message) => {
  for (const { mcpHandler } of here)
    expect(() => mcpHandler(mcp, fromJavaScript<McpHandlerOptions>(options))).toThrow(message)
})
