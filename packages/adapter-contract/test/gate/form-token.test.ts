import type { OutgoingHttpHeaders } from 'node:http'
import { connect } from 'node:http2'
import formbody from '@fastify/formbody'
import { getRequestListener } from '@hono/node-server'
import { RemoteAuthProvider, requireBearerAuth, StaticTokenVerifier } from '@tollgate/auth-core'
import * as forExpress from '@tollgate/auth-express'
import * as forFastify from '@tollgate/auth-fastify'
import * as forHono from '@tollgate/auth-hono'
import express5 from 'express'
import express4 from 'express4'
import Fastify, { type FastifyInstance, type FastifyRequest, type FastifyServerOptions } from 'fastify'
import { Hono } from 'hono'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expectGateRefusal, expectTokenRefusal } from '../harness/expectations.js'
import {
  expressHost,
  fastifyHost,
  type Host,
  honoHost,
  hosts as plainHosts,
  type RunningHost,
} from '../harness/hosts.js'
import { listen } from '../harness/listen.js'
import { sendBytes, sendRaw } from '../harness/raw-http.js'

const express: [string, typeof express5][] = [
  ['express 5', express5],
  ['express 4', express4 as typeof express5],
]

/** Fastify responds 415 to forms without a parser for them. */
const withForms = (app: FastifyInstance) => app.register(formbody)

const hosts: readonly Host[] = [
  ...plainHosts,
  fastifyHost('fastify with formbody', withForms),
  ...express.flatMap(([version, framework]) => [
    expressHost(`${version} after urlencoded`, framework, (app) => {
      app.use(framework.urlencoded({ extended: false }))
    }),
    expressHost(`${version} after urlencoded with qs`, framework, (app) => {
      app.use(framework.urlencoded({ extended: true }))
    }),
    expressHost(`${version} after text`, framework, (app) => {
      app.use(framework.text({ type: () => true }))
    }),
    expressHost(`${version} after raw`, framework, (app) => {
      app.use(framework.raw({ type: () => true }))
    }),
  ]),
  honoHost('hono after parseBody', (app) => {
    app.use(async (c, next) => {
      await c.req.parseBody()
      await next()
    })
  }),
  honoHost('hono after text', (app) => {
    app.use(async (c, next) => {
      await c.req.text()
      await next()
    })
  }),
]

const formType = 'application/x-www-form-urlencoded'

describe.each(hosts)('$name', ({ name, start }) => {
  const called: string[] = []
  let host: RunningHost
  let challenge: string

  beforeAll(async () => {
    host = await start((origin) => ({
      provider: new RemoteAuthProvider({
        baseUrl: origin,
        authorizationServers: ['https://login.example'],
        tokenVerifier: new StaticTokenVerifier({
          requiredScopes: ['notes:read'],
          tokens: { good: { clientId: 'client-1', scopes: ['notes:read'] } },
        }),
      }),
      onCall: (token) => called.push(token),
    }))
    challenge = `Bearer resource_metadata="${host.origin}/.well-known/oauth-protected-resource/mcp", scope="notes:read"`
  })
  beforeEach(() => {
    called.length = 0
  })
  afterAll(() => host.close())

  function post(authorization: string | undefined, body: string | Uint8Array[], type = formType) {
    return sendRaw(`${host.origin}/mcp`, {
      headers: { 'content-type': type, ...(authorization === undefined ? {} : { authorization }) },
      body,
    })
  }

  test('A-29 a token in a form alone does not count', async () => {
    expectGateRefusal(await post(undefined, 'access_token=good'), 401, undefined, challenge)
    expect(called).toEqual([])
  })

  test.each([
    ['the same token', 'access_token=good'],
    ['another token', 'a=b&access_token=other&c=d'],
    ['two more tokens', 'access_token=x&access_token=y'],
    ['a token with an escaped name', 'access%5ftoken=good'],
    ['a token in a body of several chunks', [Buffer.from('a=b&access_'), Buffer.from('token=good')]],
  ])('A-29 a token in the header and %s in a form are refused', async (_, body) => {
    const answer = await post('Bearer good', body)
    expectTokenRefusal(answer, 400, 'invalid_request', challenge)
    expect(called).toEqual([])
    expect((await post('Bearer good', '{}', 'application/json')).status).toBe(200)
  })

  test('A-29 a form is recognized by its type in any case and with parameters', async () => {
    for (const type of [`${formType};charset=utf-8`, `${formType} ; charset=UTF-8`, formType.toUpperCase()]) {
      const answer = await post('Bearer good', 'access_token=good', type)
      expectTokenRefusal(answer, 400, 'invalid_request', challenge)
    }
  })

  test('A-29 A-31 an invalid token in the header is refused whatever the form contains', async () => {
    const answer = await post('Bearer bad', 'access_token=good')
    expectTokenRefusal(answer, 401, 'invalid_token', challenge)
    expect(called).toEqual([])
  })

  test.each(['a=b', 'access_tokens=good', 'access_token=', '', []])(
    'A-29 the form %j is refused unread because it may contain a second token',
    async (body) => {
      expectTokenRefusal(await post('Bearer good', body), 400, 'invalid_request', challenge)
      expect(called).toEqual([])
    },
  )

  test('A-29 L-20 an endless form is refused by the gate or by a parser in front of it', async () => {
    const chunks = Array.from({ length: 80 }, () => Buffer.alloc(64 * 1024, 'a'))
    const hasParser = name.startsWith('express') && name.includes('after')
    expect((await post('Bearer good', chunks)).status).toBe(hasParser ? 413 : 400)
    expect(called).toEqual([])
    expect((await post('Bearer good', '{}', 'application/json')).status).toBe(200)
  })

  test('A-29 a body of another type passes whatever it contains', async () => {
    for (const type of ['application/json', 'text/plain']) {
      const answer = await post('Bearer good', '{"access_token":"good"}', type)
      expect([200, 415]).toContain(answer.status)
    }
    const query = await sendRaw(`${host.origin}/mcp?access_token=other`, {
      headers: { authorization: 'Bearer good' },
    })
    expect(query.status).toBe(200)
  })
})

type Listener = ReturnType<Parameters<typeof listen>[0]>

const verifier = new StaticTokenVerifier({ tokens: { good: { clientId: 'client-1' } } })

/** Applications that parse forms behind the gate and return the fields. */
const readers: [string, () => Listener][] = [
  ...express.map(([version, framework]): [string, () => Listener] => [
    version,
    () => {
      const app = framework()
      app.use(forExpress.requireBearerAuth(verifier))
      app.post('/', framework.urlencoded({ extended: false }), (request, response) => {
        response.json(request.body ?? {})
      })
      return app
    },
  ]),
  [
    'fastify',
    async () => {
      const app = Fastify()
      await app.register(formbody)
      const onRequest = forFastify.requireBearerAuth(verifier)
      app.post('/', { onRequest }, async (request) => request.body ?? {})
      await app.ready()
      return (request, response) => app.routing(request, response)
    },
  ],
  [
    'fastify with the gate in preHandler',
    async () => {
      const app = Fastify()
      await app.register(formbody)
      const preHandler = forFastify.requireBearerAuth(verifier)
      app.post('/', { preHandler }, async (request) => request.body ?? {})
      await app.ready()
      return (request, response) => app.routing(request, response)
    },
  ],
  [
    'hono',
    () => {
      const app = new Hono()
      app.use(forHono.requireBearerAuth(verifier))
      app.post('/', async (c) => c.json(await c.req.parseBody()))
      return getRequestListener(app.fetch)
    },
  ],
  [
    'fetch',
    () => {
      const authenticate = requireBearerAuth(verifier)
      return getRequestListener(async (request) => {
        const accessToken = await authenticate(request)
        if (accessToken instanceof Response) return accessToken
        return Response.json(Object.fromEntries(new URLSearchParams(await request.text())))
      })
    },
  ],
]

describe.each(readers)('%s with a parser of forms', (name, listener) => {
  let host: RunningHost
  beforeAll(async () => {
    host = await listen(listener)
  })
  afterAll(() => host.close())

  const post = (body: string | Uint8Array[], headers: Record<string, string> = {}) =>
    sendRaw(host.origin, {
      headers: { authorization: 'Bearer good', 'content-type': formType, ...headers },
      body,
    })

  test('A-29 no form reaches the parser, with or without a second token', async () => {
    for (const body of [
      'a=b&access_token=good',
      'a=b',
      '',
      [Buffer.from('a=b&access_'), Buffer.from('token=good')],
    ])
      expect((await post(body)).status).toBe(400)
    expect((await post([], { 'transfer-encoding': 'chunked' })).status).toBe(400)
  })

  test('A-29 L-20 an endless form does not reach the parser', async () => {
    const chunks = Array.from({ length: 80 }, () => Buffer.alloc(64 * 1024, 'a'))
    const isParsedFirst = name.includes('preHandler')
    expect((await post(chunks)).status).toBe(isParsedFirst ? 413 : 400)
    expect((await post('a=b')).status).toBe(400)
  })

  test('L-20 a client that disconnects during its form disturbs no other request', async () => {
    const status = await sendBytes(host.origin, [
      'POST / HTTP/1.1',
      'Host: localhost',
      'Authorization: Bearer good',
      `Content-Type: ${formType}`,
      'Content-Length: 100',
      '',
      'a=b',
    ])
    expect(status).not.toBe(200)
    expect((await post('a=b')).status).toBe(400)
  })
})

describe('fastify over HTTP/2', () => {
  let origin: string
  let close: () => Promise<unknown>
  beforeAll(async () => {
    // The types of the hooks are those of HTTP/1.1.
    const options: FastifyServerOptions = { logger: false, ...{ http2: true } }
    const app = Fastify(options)
    await app.register(formbody)
    const respond = async ({ body }: FastifyRequest) => body ?? {}
    app.post('/', { onRequest: forFastify.requireBearerAuth(verifier) }, respond)
    const allowAnonymous = { tools: ['search'] }
    app.post('/public', { onRequest: forFastify.requireBearerAuth(verifier, { allowAnonymous }) }, respond)
    origin = await app.listen({ port: 0, host: '127.0.0.1' })
    close = () => app.close()
  })
  afterAll(() => close())

  function post(
    headers: OutgoingHttpHeaders,
    chunks: readonly (string | Buffer)[],
  ): Promise<{ status: number; body: string }> {
    const session = connect(origin)
    return new Promise((resolve, reject) => {
      const stream = session.request({ ':method': 'POST', ...headers })
      let status = 0
      let body = ''
      stream.setEncoding('utf8')
      stream.on('response', (answer) => {
        status = Number(answer[':status'])
      })
      stream.on('data', (text: string) => {
        body += text
      })
      stream.on('error', reject)
      stream.on('end', () => {
        session.close()
        resolve({ status, body })
      })
      for (const chunk of chunks) stream.write(chunk)
      stream.end()
    })
  }

  test.each([
    ['nothing', []],
    ['a few bytes', ['a=b']],
    ['many bytes', [`a=${'b'.repeat(200_000)}`]],
    ['several chunks', ['a=b&access_', 'token=good']],
  ])('A-29 L-20 a form of %s is refused', async (_, chunks) => {
    const headers = { ':path': '/', 'content-type': formType, authorization: 'Bearer good' }
    expect((await post(headers, chunks)).status).toBe(400)
    expect((await post({ ...headers, 'content-type': 'application/json' }, ['{}'])).status).toBe(200)
  })

  test.each([
    ['a few bytes', 1],
    ['many bytes', 200_000],
  ])('A-73 L-20 an anonymous message of %s is read by the gate and by the handler', async (_, length) => {
    const headers = { ':path': '/public', 'content-type': 'application/json' }
    const params = { name: 'search', arguments: { text: 'ä'.repeat(length) } }
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params }
    const bytes = Buffer.from(JSON.stringify(message))
    for (const chunks of [[bytes], [bytes.subarray(0, 10), bytes.subarray(10)]]) {
      const answer = await post(headers, chunks)
      expect([answer.status, JSON.parse(answer.body)]).toEqual([200, message])
    }
    expect((await post(headers, [])).status).toBe(401)
  })
})
