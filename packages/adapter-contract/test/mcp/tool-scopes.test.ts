import { getRequestListener } from '@hono/node-server'
import { RemoteAuthProvider, StaticTokenVerifier } from '@tollgate/auth-core'
import * as forExpress from '@tollgate/auth-express'
import * as forFastify from '@tollgate/auth-fastify'
import * as forHono from '@tollgate/auth-hono'
import express5, { type ErrorRequestHandler } from 'express'
import express4 from 'express4'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  hosts as allHosts,
  expressHost,
  fastifyHost,
  type Host,
  honoHost,
  type RunningHost,
} from '../harness/hosts.js'
import { listen } from '../harness/listen.js'
import { callMcp } from '../harness/oauth-driver.js'
import { sendRaw } from '../harness/raw-http.js'

const toolScopes = {
  add_note: ['notes:write'],
  wipe: ['notes:write', 'admin'],
  audit: ['admin'],
  list_notes: [],
}

const verifier = new StaticTokenVerifier({
  requiredScopes: ['notes:read'],
  tokens: {
    reader: { clientId: 'client-1', scopes: ['notes:read'] },
    writer: { clientId: 'client-1', scopes: ['notes:read', 'notes:write'] },
  },
})

function toolCall(name: unknown, id = 1) {
  return { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: {} } }
}

const invalidRequest = { jsonrpc: '2.0', error: { code: -32600, message: 'Invalid Request' }, id: null }

const expressVersions: [string, typeof express5][] = [
  ['express 5', express5],
  ['express 4', express4 as typeof express5],
]

/** The frameworks. Without one, nothing reads the body for the check. */
const hosts: readonly Host[] = [
  ...allHosts.filter(({ name }) => name !== 'fetch'),
  ...expressVersions.flatMap(([version, express]) => [
    expressHost(`${version} after json`, express, (app) => {
      app.use(express.json())
    }),
    expressHost(`${version} after text`, express, (app) => {
      app.use(express.text({ type: () => true }))
    }),
    expressHost(`${version} after raw`, express, (app) => {
      app.use(express.raw({ type: () => true }))
    }),
  ]),
  fastifyHost('fastify after a parser of text', (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'string' }, async (_request: unknown, body: unknown) => body)
  }),
  honoHost('hono after text', (app) => {
    app.use(async (c, next) => {
      await c.req.text()
      await next()
    })
  }),
  honoHost('hono after arrayBuffer', (app) => {
    app.use(async (c, next) => {
      await c.req.arrayBuffer()
      await next()
    })
  }),
]

describe.each(hosts)('$name', ({ name, start }) => {
  const called: string[] = []
  let host: RunningHost

  beforeAll(async () => {
    host = await start((origin) => ({
      provider: new RemoteAuthProvider({
        baseUrl: origin,
        authorizationServers: ['https://login.example'],
        tokenVerifier: verifier,
      }),
      toolScopes,
      onCall: (token) => called.push(token),
    }))
  })
  beforeEach(() => {
    called.length = 0
  })
  afterAll(() => host.close())

  const post = (token: string, body: unknown) => callMcp(host.origin, token, { body: JSON.stringify(body) })

  test.each([
    ['one tool', toolCall('add_note'), 'notes:read notes:write'],
    ['a tool that needs several', toolCall('wipe'), 'notes:read notes:write admin'],
    [
      'a batch',
      [toolCall('audit', 1), toolCall('list_notes', 2), toolCall('add_note', 3)],
      'notes:read admin notes:write',
    ],
  ])('A-23 A-24 a call of %s gets a challenge with every scope of the operation', async (_, body, scope) => {
    const answer = await post('reader', body)
    expect(answer.status).toBe(403)
    const description = 'The access token lacks a scope that this operation needs.'
    expect(answer.headers.get('www-authenticate')).toBe(
      `Bearer resource_metadata="${host.origin}/.well-known/oauth-protected-resource/mcp", scope="${scope}", error="insufficient_scope", error_description="${description}"`,
    )
    expect(await answer.json()).toEqual({ error: 'insufficient_scope', error_description: description })
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate')
    expect(called).toEqual([])
  })

  test('A-23 a call with its scopes passes', async () => {
    expect((await post('writer', toolCall('add_note'))).status).toBe(200)
    expect((await post('writer', toolCall('wipe'))).status).toBe(403)
    expect(called).toEqual(['writer'])
  })

  test.each([
    ['a tool without scopes', toolCall('list_notes')],
    ['an unknown tool', toolCall('nope')],
    ['a tool named like an inherited member', toolCall('constructor')],
    ['a tool named like its prototype', toolCall('__proto__')],
    ['a tool in another spelling', toolCall('ADD_NOTE')],
    [
      'a call within a call',
      { ...toolCall('list_notes'), params: { name: 'list_notes', params: toolCall('add_note') } },
    ],
    ['another method', { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { name: 'add_note' } }],
    ['no parameters of another method', { jsonrpc: '2.0', id: 1, method: 'ping' }],
    ['an empty batch', []],
    ['null', null],
    ['a number', 1],
  ])('A-23 %s reaches the MCP server', async (_, body) => {
    // Parsers in front may accept only objects and lists.
    const isStrict = name.startsWith('express') && name.includes('json')
    const answer = await post('reader', body)
    if (isStrict && (body === null || body === 1)) expect(answer.status).toBe(400)
    else expect(answer.status).toBe(200)
  })

  test.each([
    ['an invalid name', toolCall(['add_note'])],
    ['a name that converts to a string', toolCall({ toString: 'add_note' })],
    ['a list of parameters', { jsonrpc: '2.0', id: 1, method: 'tools/call', params: ['add_note'] }],
    ['null parameters', { jsonrpc: '2.0', id: 1, method: 'tools/call', params: null }],
    ['no parameters', { jsonrpc: '2.0', id: 1, method: 'tools/call' }],
  ])('A-23 L-24 a call with %s names no tool and is refused', async (_, body) => {
    for (const sent of [body, [toolCall('list_notes', 2), body]]) {
      const answer = await post('writer', sent)
      expect(answer.status).toBe(400)
      expect(await answer.json()).toEqual(invalidRequest)
    }
    expect(called).toEqual([])
    expect((await post('writer', toolCall('list_notes'))).status).toBe(200)
  })

  test('A-23 a notification that calls a tool needs its scopes, too', async () => {
    const { id: _id, ...notification } = toolCall('add_note')
    expect((await post('reader', notification)).status).toBe(403)
    expect((await post('reader', [{ jsonrpc: '2.0', method: 'ping' }, notification])).status).toBe(403)
    expect(called).toEqual([])
  })

  test('A-23 the last of several names counts, as at the MCP server', async () => {
    const twice = (first: string, last: string) =>
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${first}","name":"${last}"}}`
    const send = (body: string) => callMcp(host.origin, 'reader', { body })
    expect((await send(twice('list_notes', 'add_note'))).status).toBe(403)
    expect((await send(twice('add_note', 'list_notes'))).status).toBe(200)
  })

  // The others have read the body already, within their own limits.
  if (['express 5', 'express 4', 'hono'].includes(name)) {
    const headers = (token: string) => ({
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
    })
    /** A call of an exact number of bytes. */
    const callOf = (bytes: number) => {
      const call = { ...toolCall('add_note'), padding: '' }
      return JSON.stringify({ ...call, padding: 'x'.repeat(bytes - JSON.stringify(call).length) })
    }
    const limit = 4 * 1024 * 1024

    test('A-23 a body of 4 MiB is read, and one byte more is refused', async () => {
      const send = (token: string, bytes: number, chunked: boolean) => {
        const body = callOf(bytes)
        expect(body).toHaveLength(bytes)
        return sendRaw(`${host.origin}/mcp`, {
          headers: headers(token),
          body: chunked ? [Buffer.from(body.slice(0, 1000)), Buffer.from(body.slice(1000))] : body,
        })
      }
      for (const chunked of [false, true]) {
        expect((await send('reader', limit, chunked)).status).toBe(403)
        expect((await send('writer', limit, chunked)).status).toBe(200)
        called.length = 0
        const tooLarge = await send('writer', limit + 1, chunked)
        expect(tooLarge.status).toBe(413)
        expect(JSON.parse(tooLarge.body)).toMatchObject({ jsonrpc: '2.0', error: { code: -32700 }, id: null })
        expect(called).toEqual([])
      }
    })
  }

  test('A-30 GET and DELETE call no tool and pass', async () => {
    for (const method of ['GET', 'DELETE']) {
      const answer = await fetch(`${host.origin}/mcp`, {
        method,
        headers: { authorization: 'Bearer reader' },
      })
      expect(answer.status).toBe(200)
    }
    expect(called).toEqual(['reader', 'reader'])
  })

  test('A-31 no body is read without a valid token', async () => {
    const answer = await callMcp(host.origin, 'unknown', { body: '{' })
    // A parser in front of the gate comes first, as the application placed it.
    expect(answer.status).toBe(name.includes('json') ? 400 : 401)
    expect(called).toEqual([])
  })

  test('L-24 a body that is not JSON is refused before the handler', async () => {
    const answer = await callMcp(host.origin, 'writer', { body: '{"jsonrpc":' })
    expect(answer.status).toBe(400)
    // Fastify or the application's parser reads the body first and sends its own error.
    if (!name.startsWith('fastify') && !name.includes('json')) {
      expect(answer.headers.get('content-type')).toBe('application/json')
      expect(await answer.json()).toEqual({
        jsonrpc: '2.0',
        error: { code: -32700, message: 'Parse error' },
        id: null,
      })
    }
    expect(called).toEqual([])
  })
})

describe('tool scopes without a gate', () => {
  const body = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }

  async function messageOf(running: Promise<RunningHost>): Promise<{ status: number; message: string }> {
    const host = await running
    try {
      const answer = await fetch(`${host.origin}/mcp`, body)
      return { status: answer.status, message: await answer.text() }
    } finally {
      await host.close()
    }
  }

  const named = { status: 500, message: 'requireToolScopes: requireBearerAuth must come before it.' }

  test.each([
    ['express 5', express5],
    ['express 4', express4 as typeof express5],
  ])('A-30 %s passes the missing gate to its error handler', async (_, express) => {
    const answer = messageOf(
      listen(() => {
        const app = express()
        app.post('/mcp', forExpress.requireToolScopes(toolScopes), (_request, response) => {
          response.send('the handler')
        })
        const onError: ErrorRequestHandler = (error, _request, response, _next) => {
          response.status(500).send((error as Error).message)
        }
        app.use(onError)
        return app
      }),
    )
    expect(await answer).toEqual(named)
  })

  test('A-30 fastify passes the missing gate to its error handler', async () => {
    const answer = messageOf(
      listen(async () => {
        const app = Fastify()
        app.setErrorHandler((error: Error, _request, reply) => reply.code(500).send(error.message))
        app.post('/mcp', { preHandler: forFastify.requireToolScopes(toolScopes) }, async () => 'the handler')
        await app.ready()
        return (request, response) => app.routing(request, response)
      }),
    )
    expect(await answer).toEqual(named)
  })

  test('A-30 hono passes the missing gate to its error handler', async () => {
    const answer = messageOf(
      listen(() => {
        const app = new Hono()
        app.onError((error, c) => c.text(error.message, 500))
        app.post('/mcp', forHono.requireToolScopes(toolScopes), (c) => c.text('the handler'))
        return getRequestListener(app.fetch)
      }),
    )
    expect(await answer).toEqual(named)
  })
})
