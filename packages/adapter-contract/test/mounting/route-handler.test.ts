import formbody from '@fastify/formbody'
import { getRequestListener } from '@hono/node-server'
import {
  type AuthEvent,
  dispatch,
  memoryStore,
  OAuthError,
  OAuthProvider,
  type Route,
  TokenHandler,
  toRoute,
} from '@tollgate/auth-core'
import { toNodeHandler } from '@tollgate/auth-core/node'
import * as forExpress from '@tollgate/auth-express'
import * as forFastify from '@tollgate/auth-fastify'
import * as forHono from '@tollgate/auth-hono'
import express5 from 'express'
import express4 from 'express4'
import Fastify, { type FastifyInstance } from 'fastify'
import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { basic } from '../harness/credentials.js'
import { expectOAuthError } from '../harness/expectations.js'
import { fromJavaScript } from '../harness/from-javascript.js'
import { hosts } from '../harness/hosts.js'
import { listen } from '../harness/listen.js'
import { type NotesAppOptions, notesProvider } from '../harness/notes-app.js'
import { sendRaw } from '../harness/raw-http.js'
import { billing, billingHeader } from '../harness/static-clients.js'

type Endpoint = Pick<Route, 'answer'>
type Listener = Awaited<ReturnType<Parameters<typeof listen>[0]>>

/** Applications that mount one endpoint themselves, at `/mounted`. */
interface Mount {
  readonly name: string
  readonly build: (endpoint: Endpoint) => Listener | Promise<Listener>
}

function onExpress(name: string, express: typeof express5, prepare: (app: express5.Express) => void): Mount {
  return {
    name,
    build(endpoint) {
      const app = express()
      prepare(app)
      app.all('/mounted', forExpress.routeHandler(endpoint))
      return app
    },
  }
}

function onFastify(name: string, prepare: (app: FastifyInstance) => unknown): Mount {
  return {
    name,
    async build(endpoint) {
      const app = Fastify()
      await prepare(app)
      app.all('/mounted', forFastify.routeHandler(endpoint))
      await app.ready()
      return (request, response) => app.routing(request, response)
    },
  }
}

function onHono(name: string, prepare: (app: Hono) => void): Mount {
  return {
    name,
    build(endpoint) {
      const app = new Hono()
      prepare(app)
      app.all('/mounted', forHono.routeHandler(endpoint))
      return getRequestListener(app.fetch)
    },
  }
}

const mounts: readonly Mount[] = [
  ...[['express 5', express5] as const, ['express 4', express4 as typeof express5] as const].flatMap(
    ([version, express]) => [
      onExpress(version, express, () => {}),
      onExpress(`${version} after its parsers`, express, (app) => {
        app.use(express.urlencoded({ extended: true }), express.json(), express.text({ type: 'text/*' }))
      }),
    ],
  ),
  onFastify('fastify', () => {}),
  onFastify('fastify after a parser of forms', (app) => app.register(formbody)),
  onHono('hono', () => {}),
  onHono('hono after text', (app) => {
    app.use(async (c, next) => {
      await c.req.text()
      await next()
    })
  }),
  { name: 'node:http', build: (endpoint) => toNodeHandler(endpoint) },
]

async function during<T>(
  { build }: Mount,
  endpointOf: (origin: string) => Endpoint,
  check: (url: string, origin: string) => Promise<T>,
): Promise<T> {
  const host = await listen((origin) => build(endpointOf(origin)))
  try {
    return await check(`${host.origin}/mounted`, host.origin)
  } finally {
    await host.close()
  }
}

const form = { grant_type: 'client_credentials', scope: 'notes:read' }

function tokensOf(origin: string, options: NotesAppOptions = {}): TokenHandler {
  const provider = notesProvider(origin, { clients: [billing], ...options })
  provider.setMcpPath('/mcp')
  return new TokenHandler({ provider })
}

describe.each(mounts)('TokenHandler on $name', (mount) => {
  const post = (url: string, init: RequestInit = {}) =>
    fetch(url, { method: 'POST', headers: billingHeader, body: new URLSearchParams(form), ...init })

  test('TokenHandler issues tokens', () =>
    during(mount, tokensOf, async (url) => {
      const response = await post(url)
      expect(response.status).toBe(200)
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(await response.json()).toMatchObject({ token_type: 'Bearer', scope: 'notes:read' })
    }))

  test('E-01 D-04 TokenHandler refuses a wrong secret and a repeated parameter', () =>
    during(mount, tokensOf, async (url) => {
      const wrong = await post(url, { headers: basic('billing', 'wrong') })
      await expectOAuthError(wrong, 401, 'invalid_client')
      const body = new URLSearchParams([...Object.entries(form), ['scope', 'notes:read']])
      await expectOAuthError(await post(url, { body }), 400, 'invalid_request')
    }))

  test('D-01 TokenHandler refuses another media type and another method', () =>
    during(mount, tokensOf, async (url) => {
      for (const type of ['application/json', 'text/plain', 'application/xml']) {
        const headers = { ...billingHeader, 'content-type': type }
        await expectOAuthError(await post(url, { headers, body: '{}' }), 400, 'invalid_request')
      }
      const refused = await fetch(url)
      expect(refused.headers.get('allow')).toBe('POST, OPTIONS')
      await expectOAuthError(refused, 405, 'invalid_request')
    }))

  test('L-03 TokenHandler answers preflights, and pages of any origin can read its responses', () =>
    during(mount, tokensOf, async (url) => {
      const preflight = await fetch(url, { method: 'OPTIONS', headers: { origin: 'https://page.example' } })
      expect(preflight.status).toBe(204)
      expect(preflight.headers.get('access-control-allow-methods')).toContain('POST')
      expect((await post(url)).headers.get('access-control-allow-origin')).toBe('*')
    }))

  test('hooks receive the framework’s own request', async () => {
    const natives: unknown[] = []
    const clientAddress = (_request: unknown, native: unknown) => {
      natives.push(native)
      return '192.0.2.1'
    }
    await during(
      mount,
      (origin) => tokensOf(origin, { clientAddress }),
      (url) => post(url),
    )
    expect(natives).toEqual([expect.any(Object)])
  })
})

interface Echo {
  readonly method: string
  readonly url: string
  readonly type: string | null
  readonly body: string
}

/** Says what it was given. */
async function echo(request: Request): Promise<Response> {
  const { method, url, headers } = request
  const document: Echo = { method, url, type: headers.get('content-type'), body: await request.text() }
  const response = Response.json(document, { status: 202, headers: { 'x-echo': 'yes' } })
  response.headers.append('set-cookie', 'a=1')
  response.headers.append('set-cookie', 'b=2')
  return response
}

const routeOptions = { path: '/mounted', methods: ['GET', 'HEAD', 'POST'] as const, onEvent: false as const }

describe.each(mounts)('toRoute on $name', (mount) => {
  const echoing = (origin: string) => toRoute(echo, { ...routeOptions, baseUrl: origin })

  test('toRoute passes the request and the response through unchanged', () =>
    during(mount, echoing, async (url, origin) => {
      const response = await fetch(`${url}?a=b%2Fc`)
      expect(response.status).toBe(202)
      expect(response.headers.get('x-echo')).toBe('yes')
      expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
      expect(await response.json()).toEqual({
        method: 'GET',
        url: `${origin}/mounted?a=b%2Fc`,
        type: null,
        body: '',
      })
    }))

  test.each([
    ['application/x-www-form-urlencoded', 'a=1&b=x%26y&a=2'],
    ['application/json', '{"a":[1,{"b":"ü"}]}'],
    ['text/plain', 'Grüße'],
  ])('toRoute passes a body of the type %s through', (type, body) =>
    during(mount, echoing, async (url) => {
      const response = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body })
      const echoed = (await response.json()) as Echo
      expect(echoed.type).toMatch(new RegExp(`^${type}`))
      if (type.includes('form')) {
        const parameters = (text: string) => [...new URLSearchParams(text)].sort()
        expect(parameters(echoed.body)).toEqual(parameters(body))
      } else expect(echoed.body).toBe(body)
    }),
  )

  test('toRoute answers HEAD without a body', () =>
    during(mount, echoing, async (url) => {
      const response = await fetch(url, { method: 'HEAD' })
      expect([response.status, await response.text()]).toEqual([202, ''])
    }))

  test('toRoute refuses an oversized body', () => {
    const small = (origin: string) => toRoute(echo, { ...routeOptions, baseUrl: origin, bodyLimit: 10 })
    return during(mount, small, async (url) => {
      const send = (body: string) =>
        fetch(url, { method: 'POST', headers: { 'content-type': 'text/plain' }, body })
      expect((await send('x'.repeat(11))).status).toBe(413)
      expect((await send('x'.repeat(10))).status).toBe(202)
    })
  })

  test('L-17 toRoute takes the origin from the options whatever the request says', () =>
    during(
      mount,
      () => toRoute(echo, { ...routeOptions, baseUrl: 'https://public.example/app' }),
      async (url) => {
        const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example' }
        const { body } = await sendRaw(`${url}?x`, { method: 'GET', headers })
        expect(body).toContain('"url":"https://public.example/mounted?x"')
      },
    ))

  test('an error of the handler becomes the response and an event', async () => {
    const events: AuthEvent[] = []
    const failing = (thrown: unknown) => (origin: string) =>
      toRoute(
        () => {
          throw thrown
        },
        { ...routeOptions, baseUrl: origin, onEvent: (event) => events.push(event) },
      )
    const refusal = new OAuthError('access_denied', 'Not today.')
    await during(mount, failing(refusal), async (url) =>
      expectOAuthError(await fetch(url), 403, 'access_denied'),
    )
    const failure = new Error('secret detail')
    await during(mount, failing(failure), async (url) => {
      const description = await expectOAuthError(await fetch(url), 500, 'server_error')
      expect(description).not.toContain('secret')
    })
    expect(events).toMatchObject([
      { type: 'request.failed', endpoint: '/mounted', code: 'access_denied' },
      {
        type: 'request.failed',
        endpoint: '/mounted',
        code: 'server_error',
        cause: { message: 'secret detail' },
      },
    ])
  })

  test.each<[string, () => unknown]>([
    ['no Response', () => undefined],
    ['a network error', () => Response.error()],
    ['bytes that are not text', () => new Response(new Uint8Array([0xff, 0xfe, 0x00]))],
  ])('a handler that returns %s has failed', (_what, handler) => {
    const broken = (origin: string) => toRoute(fromJavaScript(handler), { ...routeOptions, baseUrl: origin })
    return during(mount, broken, async (url) => {
      await expectOAuthError(await fetch(url), 500, 'server_error')
    })
  })
})

/** A provider with its own route, as a provider with an upstream sign-in needs. */
class WithCallback extends OAuthProvider {
  override getRoutes(mcpPath?: string | null): Route[] {
    const own = toRoute(echo, { ...routeOptions, path: '/callback', baseUrl: this.baseUrl ?? '' })
    return [...super.getRoutes(mcpPath), own]
  }
}

test.each(hosts)('on $name, a provider can have its own route among the others', async ({ start }) => {
  const host = await start((origin) => ({
    provider: new WithCallback({
      baseUrl: origin,
      store: memoryStore(),
      signIn: () => ({ subject: 'alice' }),
    }),
  }))
  try {
    const response = await fetch(`${host.origin}/callback?code=1`)
    expect(response.status).toBe(202)
    expect(await response.json()).toMatchObject({ url: `${host.origin}/callback?code=1` })
    expect((await fetch(`${host.origin}/jwks`)).status).toBe(200)
  } finally {
    await host.close()
  }
})

test('dispatch finds the route without a framework', async () => {
  const route = toRoute(echo, { ...routeOptions, baseUrl: 'https://public.example' })
  const request = new Request('https://internal.example/mounted', { method: 'POST', body: 'x' })

  expect(await (await dispatch([route], request))?.json()).toMatchObject({
    method: 'POST',
    url: 'https://public.example/mounted',
    body: 'x',
  })
  expect(dispatch([route], new Request('https://internal.example/other'))).toBeUndefined()
})

test.each<[string, object, RegExp]>([
  ['a pattern in the path', { path: '/a/:b' }, /pattern characters/],
  ['no path', { path: undefined }, /"path"/],
  ['no methods', { methods: [] }, /"methods"/],
  ['an unknown method', { methods: ['BREW'] }, /"methods"/],
  ['no base URL', { baseUrl: 'notes.example' }, /"baseUrl"/],
  ['a negative limit', { bodyLimit: -1 }, /"bodyLimit"/],
])('toRoute refuses %s with a TypeError that names the option', (_what, change, message) => {
  const options = fromJavaScript<Parameters<typeof toRoute>[1]>({
    ...routeOptions,
    baseUrl: 'https://public.example',
    ...change,
  })
  expect(() => toRoute(echo, options)).toThrow(TypeError)
  expect(() => toRoute(echo, options)).toThrow(message)
})

test.each<[string, (endpoint: Endpoint) => unknown]>([
  ['toNodeHandler', toNodeHandler],
  ['routeHandler of Express', forExpress.routeHandler],
  ['routeHandler of Fastify', forFastify.routeHandler],
  ['routeHandler of Hono', forHono.routeHandler],
])('%s refuses an object without a handler method', (_name, serve) => {
  for (const endpoint of [undefined, {}, () => {}])
    expect(() => serve(fromJavaScript(endpoint))).toThrow(/must be a TokenHandler or a Route/)
})
