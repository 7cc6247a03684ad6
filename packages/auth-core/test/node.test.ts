import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { AccessToken } from '../src/contract/access-token.js'
import { createBearerGate } from '../src/gate/create-bearer-gate.js'
import { createMcpGuard } from '../src/gate/mcp-guard.js'
import { readForm } from '../src/http/body.js'
import { authorizationOf } from '../src/node/node-request.js'
import {
  admitNodeRequest,
  fromNodeRequest,
  type NodeRequest,
  readNodeBody,
  sendHttpResponse,
  sendWebResponse,
  serveMcp,
  toWebRequest,
} from '../src/node.js'
import { verifierOf } from './harness/verifiers.js'

const gate = createBearerGate(verifierOf('good'))
const accessToken = new AccessToken({ token: 'good', clientId: 'client-1', scopes: [] })

type Handler = (request: NodeRequest & { auth?: AccessToken }, response: ServerResponse) => unknown

const running: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of running.splice(0)) await stop()
})

async function serve(handler: Handler): Promise<string> {
  const server = createServer(async (request, response) => {
    try {
      await handler(request, response)
    } catch (error) {
      response.statusCode = 500
      response.end(String(error))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  running.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(() => resolve()))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Sends a request line and header fields that `fetch` would not. */
async function sendRaw(origin: string, path: string, headers: Record<string, string | string[]> = {}) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest(origin, { path, headers }, resolve).on('error', reject).end()
  })
  const chunks: Uint8Array[] = []
  for await (const chunk of response) chunks.push(chunk as Uint8Array)
  return { status: response.statusCode, body: Buffer.concat(chunks).toString() }
}

describe('a request for a route', () => {
  test('fromNodeRequest describes method, URL, headers and body', async () => {
    const origin = await serve(async (request, response) => {
      const described = fromNodeRequest(request)
      const form = await readForm(described)
      response.end(
        JSON.stringify([
          described.method,
          described.url,
          described.header('content-type'),
          described.header('x-none') ?? null,
          form.get('a'),
        ]),
      )
    })
    const response = await fetch(`${origin}/token?x=1`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'a=%C3%BC',
    })
    expect(await response.json()).toEqual([
      'POST',
      '/token?x=1',
      'application/x-www-form-urlencoded',
      null,
      'ü',
    ])
  })

  test('fromNodeRequest uses originalUrl', async () => {
    const origin = await serve((request, response) => {
      response.end(fromNodeRequest(Object.assign(request, { originalUrl: '/prefix/token' })).url)
    })
    expect(await (await fetch(`${origin}/token`)).text()).toBe('/prefix/token')
  })

  test('L-14 fromNodeRequest uses a parsed body', async () => {
    const origin = await serve(async (request, response) => {
      request.resume()
      await new Promise((resolve) => request.once('end', resolve))
      response.end((await readForm(fromNodeRequest(Object.assign(request, { body: { a: '1' } })))).get('a'))
    })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    expect(await (await fetch(origin, { method: 'POST', headers, body: 'a=2' })).text()).toBe('1')
  })

  test('a route refuses a consumed body and names the fix', async () => {
    const origin = await serve(async (request, response) => {
      request.resume()
      await new Promise((resolve) => request.once('end', resolve))
      await readForm(fromNodeRequest(request)).catch((error: Error) => response.end(error.message))
    })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    expect(await (await fetch(origin, { method: 'POST', headers, body: 'a=2' })).text()).toMatch(
      /Mount them before/,
    )
  })

  test('L-16 two Authorization fields are joined', async () => {
    const origin = await serve((request, response) => {
      response.end(
        JSON.stringify([authorizationOf(request), fromNodeRequest(request).header('authorization')]),
      )
    })
    const two = await sendRaw(origin, '/', { authorization: ['Bearer a', 'Bearer b'] })
    expect(JSON.parse(two.body)).toEqual(['Bearer a, Bearer b', 'Bearer a, Bearer b'])
    expect(JSON.parse((await sendRaw(origin, '/', { authorization: 'Bearer a' })).body)).toEqual([
      'Bearer a',
      'Bearer a',
    ])
    expect(JSON.parse((await sendRaw(origin, '/')).body)).toEqual([null, null])
  })

  test('repeated header fields are joined, even for hooks', async () => {
    const origin = await serve((request, response) => {
      const described = fromNodeRequest(request)
      response.end(JSON.stringify([described.header('x-a'), described.headers().get('x-a')]))
    })
    expect(JSON.parse((await sendRaw(origin, '/', { 'x-a': ['1', '2'] })).body)).toEqual(['1, 2', '1, 2'])
  })
})

describe('an answer of a route', () => {
  test('L-15 sendHttpResponse keeps cookies separate, even those of the application', async () => {
    const origin = await serve((_request, response) => {
      response.setHeader('set-cookie', 'app=1')
      response.setHeader('x-app', 'yes')
      sendHttpResponse(response, {
        status: 201,
        headers: { 'set-cookie': ['a=1', 'b=2'], 'x-a': '1' },
        body: 'x',
      })
    })
    const response = await fetch(origin)
    expect(response.status).toBe(201)
    expect(response.headers.getSetCookie()).toEqual(['app=1', 'a=1', 'b=2'])
    expect(response.headers.get('x-app')).toBe('yes')
    expect(await response.text()).toBe('x')
  })

  test('L-20 sendHttpResponse does nothing after another response', async () => {
    const origin = await serve((_request, response) => {
      response.statusCode = 504
      response.end('too late')
      sendHttpResponse(response, { status: 200, headers: {}, body: 'x' })
    })
    expect((await fetch(origin)).status).toBe(504)
  })
})

describe('a web request', () => {
  const echo: Handler = async (request, response) => {
    const web = toWebRequest(request, response, 'https://api.example.com')
    response.end(
      JSON.stringify({
        url: web.url,
        method: web.method,
        host: web.headers.get('host'),
        body: await web.text(),
      }),
    )
  }

  test('a web request has the body', async () => {
    const origin = await serve(echo)
    const response = await fetch(`${origin}/mcp?x=1`, { method: 'POST', body: 'ü' })
    expect(await response.json()).toMatchObject({
      url: 'https://api.example.com/mcp?x=1',
      method: 'POST',
      body: 'ü',
    })
  })

  test.each([
    ['/mcp', 'https://api.example.com/mcp'],
    ['//evil.example/mcp', 'https://api.example.com//evil.example/mcp'],
    ['https://evil.example/mcp', 'https://api.example.com/mcp'],
    ['https://evil.example', 'https://api.example.com/'],
    ['/\\evil.example', 'https://api.example.com//evil.example'],
    ['*', 'https://api.example.com/*'],
  ])('A-46 a web request has the public origin for the request line %s', async (path, url) => {
    const origin = await serve(echo)
    const { body } = await sendRaw(origin, path, { host: 'evil.example' })
    expect(JSON.parse(body)).toMatchObject({ url })
  })

  test('a web request has no body after a parser has read it', async () => {
    const origin = await serve(async (request, response) => {
      request.resume()
      await new Promise((resolve) => request.once('end', resolve))
      response.end(String(toWebRequest(request, response, 'https://api.example.com').body))
    })
    expect(await (await fetch(origin, { method: 'POST', body: 'x' })).text()).toBe('null')
  })

  test('L-20 a web request is aborted when the client disconnects', async () => {
    const aborted = vi.fn()
    const origin = await serve((request, response) => {
      toWebRequest(request, response, 'https://api.example.com').signal.addEventListener('abort', aborted)
      response.flushHeaders()
    })
    const client = new AbortController()
    await fetch(origin, { signal: client.signal })
    expect(aborted).not.toHaveBeenCalled()
    client.abort()
    await vi.waitFor(() => expect(aborted).toHaveBeenCalledOnce(), { interval: 5, timeout: 5000 })
  })
})

describe('a web response', () => {
  test('L-15 L-21 sendWebResponse streams the body and sends all cookies', async () => {
    let push: (text: string) => void = () => {}
    let end = () => {}
    const origin = await serve((_request, response) => {
      response.setHeader('set-cookie', 'app=1')
      const headers = new Headers({ 'content-type': 'text/event-stream' })
      headers.append('set-cookie', 'a=1')
      headers.append('set-cookie', 'b=2')
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          push = (text) => controller.enqueue(new TextEncoder().encode(text))
          end = () => controller.close()
        },
      })
      return sendWebResponse(response, new Response(body, { status: 202, headers }))
    })
    const response = await fetch(origin)
    expect(response.status).toBe(202)
    expect(response.headers.getSetCookie()).toEqual(['app=1', 'a=1', 'b=2'])
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    push('data: 1\n\n')
    expect((await reader?.read())?.value).toBe('data: 1\n\n')
    push('data: 2\n\n')
    expect((await reader?.read())?.value).toBe('data: 2\n\n')
    end()
    expect((await reader?.read())?.done).toBe(true)
  })

  test('L-10 sendWebResponse adds Vary to that of the gate', async () => {
    const origin = await serve((request, response) => {
      admitNodeRequest({ gate, accessToken }, request, response)
      return sendWebResponse(response, new Response('', { headers: { vary: 'Accept' } }))
    })
    expect((await fetch(origin)).headers.get('vary')).toBe('Authorization, Accept')
  })

  test('sendWebResponse sends a response without a body', async () => {
    const origin = await serve((_request, response) =>
      sendWebResponse(response, new Response(null, { status: 202 })),
    )
    const response = await fetch(origin)
    expect(response.status).toBe(202)
    expect(await response.text()).toBe('')
  })

  test('L-20 a failing body closes only its connection', async () => {
    const origin = await serve((_request, response) => {
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('half'))
        },
        pull: () => Promise.reject(new Error('broken')),
      })
      return sendWebResponse(response, new Response(body))
    })
    await expect(fetch(origin).then((response) => response.text())).rejects.toThrow()
    await expect(fetch(origin).then((response) => response.text())).rejects.toThrow()
  })
})

test('L-10 L-03 admitNodeRequest adds its headers to those of the application', async () => {
  const origin = await serve((request, response) => {
    if (request.url === '/own') {
      response.setHeader('vary', 'Origin')
      response.setHeader('access-control-allow-origin', 'https://app.example')
    }
    admitNodeRequest({ gate, accessToken }, request, response)
    response.end()
  })
  const plain = await fetch(origin)
  expect(plain.headers.get('vary')).toBe('Authorization')
  expect(plain.headers.has('access-control-allow-origin')).toBe(false)
  const fromPage = { headers: { origin: 'https://page.example' } }
  expect((await fetch(origin, fromPage)).headers.get('access-control-allow-origin')).toBe('*')
  const own = await fetch(`${origin}/own`, fromPage)
  expect(own.headers.get('vary')).toBe('Origin, Authorization')
  expect(own.headers.get('access-control-allow-origin')).toBe('https://app.example')
})

test('A-74 pages cannot read the response to an anonymous request', async () => {
  const origin = await serve((request, response) => {
    admitNodeRequest({ gate, accessToken: undefined }, request, response)
    response.end()
  })
  const { headers } = await fetch(origin, { headers: { origin: 'https://page.example' } })
  expect([headers.get('vary'), headers.get('access-control-allow-origin')]).toEqual([
    'Authorization, Origin',
    null,
  ])
})

describe('the MCP endpoint', () => {
  const guard = createMcpGuard({ unprotected: true })
  const auth = new AccessToken({
    token: 'raw',
    clientId: 'client-1',
    scopes: [],
    resource: 'https://api.example.com/mcp',
  })

  test('L-25 serveMcp passes the token, the parsed body and the public URL to a fetch handler', async () => {
    const target = { fetch: vi.fn(async (request: Request) => new Response(request.url)) }
    const origin = await serve(async (request, response) => {
      const { body } = await readNodeBody(request)
      return serveMcp(target, request, Object.assign(request, { auth, body }), response, guard)
    })
    const response = await fetch(`${origin}/mcp`, { method: 'POST', body: '{"id":1}' })
    expect(await response.text()).toBe('https://api.example.com/mcp')
    expect(target.fetch).toHaveBeenCalledWith(expect.any(Request), { authInfo: auth, parsedBody: { id: 1 } })
  })

  test('serveMcp passes neither a token nor a body if there is none', async () => {
    const target = { fetch: vi.fn(async () => new Response('x')) }
    const origin = await serve((request, response) => serveMcp(target, request, request, response, guard))
    await (await fetch(`${origin}/mcp`)).text()
    expect(target.fetch).toHaveBeenCalledWith(expect.any(Request), {})
  })

  test('L-25 serveMcp passes the same to a Node transport and closes it with the response', async () => {
    const close = vi.fn(() => Promise.reject(new Error('closed already')))
    const seen: unknown[] = []
    const origin = await serve((request, response) =>
      serveMcp(
        () => ({
          async handleRequest(incoming, outgoing, parsedBody) {
            seen.push(incoming.auth, parsedBody)
            outgoing.end('served')
          },
          close,
        }),
        request,
        Object.assign(request, { auth, body: { id: 1 } }),
        response,
        guard,
      ),
    )
    expect(await (await fetch(origin, { method: 'POST' })).text()).toBe('served')
    expect(seen).toEqual([auth, { id: 1 }])
    await vi.waitFor(() => expect(close).toHaveBeenCalledOnce(), { interval: 5, timeout: 5000 })
  })
})

describe('the body of the MCP endpoint', () => {
  const echo: Handler = async (request, response) => {
    const { body, refusal } = await readNodeBody(request)
    if (refusal === undefined) response.end(JSON.stringify(body ?? null))
    else sendHttpResponse(response, refusal)
  }

  test('readNodeBody reads an unread body', async () => {
    const origin = await serve(echo)
    expect(await (await fetch(origin, { method: 'POST', body: '{"a":"ü"}' })).json()).toEqual({ a: 'ü' })
    expect(await (await fetch(origin)).json()).toBeNull()
  })

  test('readNodeBody uses a parsed body', async () => {
    const origin = await serve(async (request, response) => {
      request.resume()
      await new Promise((resolve) => request.once('end', resolve))
      return echo(Object.assign(request, { body: { parsed: true } }), response)
    })
    expect(await (await fetch(origin, { method: 'POST', body: '{}' })).json()).toEqual({ parsed: true })
  })

  test.each(['', '{', 'text'])('readNodeBody responds with a JSON-RPC parse error to %j', async (body) => {
    const origin = await serve(echo)
    const response = await fetch(origin, { method: 'POST', body })
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({
      jsonrpc: '2.0',
      error: { code: -32700, message: 'Parse error' },
      id: null,
    })
  })

  test('readNodeBody refuses more than 4 MiB, and the client gets the response', async () => {
    const origin = await serve(echo)
    const response = await fetch(origin, { method: 'POST', body: `"${'x'.repeat(4 * 1024 * 1024)}"` })
    expect(response.status).toBe(413)
  })
})
