import { describe, expect, test, vi } from 'vitest'
import {
  dispatch,
  endpointRoutes,
  knownMethods,
  preflightRoute,
  type Route,
  routeFor,
} from '../../src/http/route.js'
import { OAuthError } from '../../src/oauth/oauth-error.js'
import { plainRequest } from '../harness/plain-request.js'

const served = () => ({ status: 200, headers: { 'x-served': 'yes' }, body: 'served' })

const tokenRows = endpointRoutes({ path: '/token', methods: { POST: served }, cors: true })
const documentRows = endpointRoutes({ path: '/document', methods: { GET: served, HEAD: served }, cors: true })
const pageRows = endpointRoutes({ path: '/page', methods: { GET: served, POST: served }, cors: false })

function answer(rows: readonly Route[], method: string) {
  return routeFor(rows, method)?.answer(plainRequest({ method }))
}

describe('the routes of a path', () => {
  test.each([tokenRows, documentRows, pageRows].map((rows) => [rows]))(
    'the routes of a path cover every method once',
    (rows) => {
      expect(rows.flatMap(({ methods }) => methods).sort()).toEqual([...knownMethods].sort())
    },
  )

  test('an endpoint for clients responds to its method from any origin', async () => {
    expect(await answer(tokenRows, 'POST')).toMatchObject({
      status: 200,
      headers: { 'x-served': 'yes', 'access-control-allow-origin': '*' },
      body: 'served',
    })
    expect((await answer(pageRows, 'GET'))?.headers).toEqual({ 'x-served': 'yes' })
  })

  test.each<[string, readonly Route[], string]>([
    ['POST', documentRows, 'GET, HEAD, OPTIONS'],
    ['DELETE', documentRows, 'GET, HEAD, OPTIONS'],
    ['GET', tokenRows, 'POST, OPTIONS'],
    ['HEAD', tokenRows, 'POST, OPTIONS'],
    ['PUT', pageRows, 'GET, POST'],
    ['OPTIONS', pageRows, 'GET, POST'],
    ['PROPFIND', tokenRows, 'POST, OPTIONS'],
    ['post', tokenRows, 'POST, OPTIONS'],
  ])('B-23 L-08 %s on other endpoints gets 405 with the allowed methods', async (method, rows, allow) => {
    const refused = await answer(rows, method)
    expect(refused).toMatchObject({ status: 405, headers: { allow, 'cache-control': 'no-store' } })
    if (method !== 'HEAD') expect(JSON.parse(refused?.body ?? '')).toMatchObject({ error: 'invalid_request' })
  })

  test('L-07 other origins cannot read the refusal of a page', async () => {
    expect((await answer(pageRows, 'OPTIONS'))?.headers).not.toHaveProperty('access-control-allow-origin')
    expect((await answer(tokenRows, 'GET'))?.headers).toHaveProperty('access-control-allow-origin', '*')
  })

  test('L-04 L-05 L-06 a preflight needs no credentials and allows the headers that clients send', async () => {
    expect(await answer(tokenRows, 'OPTIONS')).toEqual({
      status: 204,
      headers: {
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers':
          'Authorization, Content-Type, Accept, DPoP, MCP-Protocol-Version, Mcp-Session-Id, Mcp-Method, Mcp-Name, Last-Event-ID',
        'access-control-expose-headers': 'WWW-Authenticate, DPoP-Nonce, Retry-After, Mcp-Session-Id',
        'access-control-max-age': '600',
        vary: 'Access-Control-Request-Headers',
        allow: 'POST, OPTIONS',
      },
    })
  })

  test('L-19 a response to HEAD has the headers of GET and no body', async () => {
    const head = await answer(documentRows, 'HEAD')
    const get = await answer(documentRows, 'GET')
    expect(head).toEqual({ ...get, body: undefined })
  })
})

describe('errors', () => {
  const failing = (error: unknown) =>
    endpointRoutes({ path: '/token', methods: { POST: () => Promise.reject(error) }, cors: true })

  test('L-03 a client of any origin can read an OAuthError', async () => {
    const error = new OAuthError('invalid_scope', 'The scope is "wide"\n.', { status: 400, retryAfter: 7 })
    const refused = await answer(failing(error), 'POST')
    expect(refused).toMatchObject({
      status: 400,
      headers: { 'access-control-allow-origin': '*', 'cache-control': 'no-store', 'retry-after': '7' },
    })
    expect(JSON.parse(refused?.body ?? '')).toEqual({
      error: 'invalid_scope',
      error_description: 'The scope is  wide  .',
    })
  })

  test.each([new Error('secret detail in /srv/app.js'), 'text', undefined, null])(
    'O-09 O-02 L-20 any other thrown value becomes a server_error without detail: %s',
    async (thrown) => {
      const refused = await answer(failing(thrown), 'POST')
      expect(refused?.status).toBe(500)
      expect(refused?.headers).not.toHaveProperty('x-powered-by')
      expect(JSON.parse(refused?.body ?? '')).toEqual({
        error: 'server_error',
        error_description: 'The server failed to handle the request.',
      })
    },
  )

  test('L-20 an error that an endpoint throws synchronously becomes the response', async () => {
    const rows = endpointRoutes({
      path: '/token',
      methods: {
        POST: () => {
          throw new OAuthError('invalid_request', 'No.')
        },
      },
      cors: true,
    })
    expect((await answer(rows, 'POST'))?.status).toBe(400)
  })
})

describe('paths', () => {
  test.each(['/', '/a', '/.well-known/x', '/a/b-c_d.e~f', '/a%20b', "/a!$&',;=@b"])(
    'the path %s is literal',
    (path) => {
      expect(preflightRoute(path, ['GET']).path).toBe(path)
    },
  )

  test.each([
    '',
    'a',
    '/a*',
    '/:id',
    '/a(b)',
    '/a?',
    '/a+',
    '/{a}',
    '/a#b',
    '/a b',
    '/a\\b',
    '/ä',
    '/[a]',
    '/a|b',
  ])('the path %j is refused, because routers may read it as a pattern', (path) => {
    expect(() => preflightRoute(path, ['GET'])).toThrow(TypeError)
    expect(() => endpointRoutes({ path, methods: {}, cors: true })).toThrow(TypeError)
  })
})

describe('without a framework', () => {
  const routes = [...tokenRows, ...documentRows, preflightRoute('/mcp', ['GET', 'POST', 'DELETE'])]
  const send = (path: string, method: string) =>
    dispatch(routes, new Request(`https://a.example${path}`, { method }))

  test('dispatch selects the route by path and method', async () => {
    expect(await (await send('/document?x=1', 'GET'))?.text()).toBe('served')
    expect((await send('/token', 'GET'))?.status).toBe(405)
    expect((await send('/token', 'PROPFIND'))?.status).toBe(405)
  })

  test('dispatch returns undefined for other paths', () => {
    for (const path of ['/', '/other', '/document/', '/Document', '/document/x', '/docum%65nt']) {
      expect(send(path, 'GET')).toBeUndefined()
    }
  })

  test('L-04 dispatch serves only the preflight at the MCP endpoint', async () => {
    expect((await send('/mcp', 'OPTIONS'))?.status).toBe(204)
    expect((await send('/mcp', 'OPTIONS'))?.headers.get('access-control-allow-methods')).toBe(
      'GET, POST, DELETE',
    )
    expect(send('/mcp', 'POST')).toBeUndefined()
  })

  test('dispatch passes the web request itself to hooks', async () => {
    const endpoint = vi.fn(served)
    const rows = endpointRoutes({ path: '/x', methods: { GET: endpoint }, cors: false })
    const request = new Request('https://a.example/x')
    await dispatch(rows, request)
    expect(endpoint.mock.calls[0]).toEqual([expect.objectContaining({ method: 'GET' }), request])
  })
})

test('a route is frozen', () => {
  const [row] = tokenRows
  expect(() => Object.assign(row ?? {}, { path: '/other' })).toThrow(TypeError)
})
