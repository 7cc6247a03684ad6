import express5 from 'express'
import express4 from 'express4'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expressHost, fastifyHost, honoHost, hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp } from '../harness/notes-app.js'
import {
  authorizationUrl,
  Browser,
  callMcp,
  newTokens,
  type RegisteredClient,
  register,
  type Tokens,
} from '../harness/oauth-driver.js'
import { type RawAnswer, sendRaw } from '../harness/raw-http.js'

/** The headers that official browser clients send beyond the safelisted ones. */
const requestHeaders = [
  'Authorization',
  'Content-Type',
  'Accept',
  'DPoP',
  'MCP-Protocol-Version',
  'Mcp-Session-Id',
  'Mcp-Method',
  'Mcp-Name',
  'Last-Event-ID',
]
const exposed = ['WWW-Authenticate', 'DPoP-Nonce', 'Retry-After', 'Mcp-Session-Id']

const page = { origin: 'https://inspector.example' }

function listOf(value: string | undefined): string[] {
  return (value ?? '').split(',').map((one) => one.trim())
}

function expectReadable(answer: RawAnswer) {
  expect(answer.headers['access-control-allow-origin']).toBe('*')
  expect(answer.headers['access-control-allow-credentials']).toBeUndefined()
  expect(listOf(answer.headers['access-control-expose-headers'])).toEqual(exposed)
}

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  let client: RegisteredClient
  let tokens: Tokens

  beforeAll(async () => {
    host = await start(notesApp())
    client = await register(host.origin)
    tokens = await newTokens(host.origin, client)
  })
  afterAll(() => host.close())

  test.each([
    ['/.well-known/oauth-authorization-server', 'GET', 'GET, HEAD'],
    ['/.well-known/oauth-protected-resource', 'GET', 'GET, HEAD'],
    ['/.well-known/oauth-protected-resource/mcp', 'GET', 'GET, HEAD'],
    ['/jwks', 'GET', 'GET, HEAD'],
    ['/token', 'POST', 'POST'],
    ['/register', 'POST', 'POST'],
    ['/revoke', 'POST', 'POST'],
    ['/introspect', 'POST', 'POST'],
    ['/mcp', 'POST', 'GET, POST, DELETE'],
  ])('L-04 L-05 the preflight of %s needs no token', async (path, method, methods) => {
    const answer = await sendRaw(host.origin + path, {
      method: 'OPTIONS',
      headers: {
        ...page,
        'access-control-request-method': method,
        'access-control-request-headers': requestHeaders.join(', ').toLowerCase(),
      },
    })
    expect(answer.status).toBe(204)
    expect(answer.body).toBe('')
    expect(answer.headers['access-control-allow-origin']).toBe('*')
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined()
    expect(answer.headers['access-control-allow-methods']).toBe(methods)
    expect(listOf(answer.headers['access-control-allow-headers'])).toEqual(requestHeaders)
    expect(answer.headers['www-authenticate']).toBeUndefined()
  })

  test('L-03 L-06 pages of other origins can read every client endpoint response, including errors', async () => {
    const json = { ...page, 'content-type': 'application/json' }
    const form = { ...page, 'content-type': 'application/x-www-form-urlencoded' }
    const { origin } = host
    const answers: Record<string, [number, Promise<RawAnswer>]> = {
      metadata: [
        200,
        sendRaw(`${origin}/.well-known/oauth-authorization-server`, { method: 'GET', headers: page }),
      ],
      resource: [
        200,
        sendRaw(`${origin}/.well-known/oauth-protected-resource/mcp`, { method: 'GET', headers: page }),
      ],
      keys: [200, sendRaw(`${origin}/jwks`, { method: 'GET', headers: page })],
      'a wrong method': [405, sendRaw(`${origin}/token`, { method: 'GET', headers: page })],
      'a wrong media type': [400, sendRaw(`${origin}/token`, { headers: json, body: '{}' })],
      'no grant': [400, sendRaw(`${origin}/token`, { headers: form, body: `client_id=${client.client_id}` })],
      'an unknown client': [
        401,
        sendRaw(`${origin}/token`, { headers: form, body: 'client_id=x&grant_type=y' }),
      ],
      'a bad grant': [
        401,
        sendRaw(`${origin}/token`, {
          headers: form,
          body: `grant_type=refresh_token&refresh_token=x&client_id=${client.client_id}`,
        }),
      ],
      registration: [400, sendRaw(`${origin}/register`, { headers: json, body: '{"redirect_uris":[]}' })],
      'broken JSON': [400, sendRaw(`${origin}/register`, { headers: json, body: '{' })],
      revocation: [
        200,
        sendRaw(`${origin}/revoke`, { headers: form, body: `token=x&client_id=${client.client_id}` }),
      ],
      'a bad revocation': [401, sendRaw(`${origin}/revoke`, { headers: form, body: 'token=x' })],
      introspection: [401, sendRaw(`${origin}/introspect`, { headers: form, body: 'token=x' })],
      'the gate': [401, sendRaw(`${origin}/mcp`, { headers: json, body: '{}' })],
    }
    for (const [what, [status, promise]] of Object.entries(answers)) {
      const answer = await promise
      expect(answer.status, what).toBe(status)
      expectReadable(answer)
    }
  })

  test('L-07 other origins cannot read pages for people', async () => {
    const browser = new Browser('alice')
    const consent = await browser.open(authorizationUrl(host.origin, client), { headers: page })
    const answers = [
      consent,
      await browser.open(authorizationUrl(host.origin, client, { code_challenge: undefined }), {
        headers: page,
      }),
      await browser.open(`${host.origin}/authorize`, { headers: page }),
      await browser.open(`${host.origin}/authorize`, { method: 'OPTIONS', headers: page }),
      await browser.open(`${host.origin}/consent`, { method: 'OPTIONS', headers: page }),
      await browser.open(`${host.origin}/consent`, { method: 'POST', headers: page }),
      await browser.answer(host.origin, await consent.text(), 'allow', page),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 302, 400, 405, 405, 403, 303])
    for (const { headers } of answers) {
      expect([...headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([])
    }
  })

  test('L-03 L-06 L-10 pages can read responses of the protected handler, and no cache shares them', async () => {
    const answer = await callMcp(host.origin, tokens.access_token, { headers: page })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(listOf(answer.headers.get('access-control-expose-headers') ?? '')).toEqual(exposed)
    expect(listOf(answer.headers.get('vary') ?? '')).toContain('Authorization')
  })
})

const own = {
  'access-control-allow-origin': 'https://app.example',
  'access-control-expose-headers': 'Mcp-Session-Id',
  vary: 'Origin',
}

/** Applications with a CORS policy of their own in front of everything. */
const withOwnCors = [
  ...[
    ['express 5', express5],
    ['express 4', express4],
  ].map(([name, express]) =>
    expressHost(name as string, express as typeof express5, (app) => {
      app.use((_request, response, next) => {
        response.set(own)
        next()
      })
    }),
  ),
  fastifyHost('fastify', (app) => {
    app.addHook('onRequest', async (_request, reply) => {
      reply.headers(own)
    })
  }),
  fastifyHost('fastify, late', (app) => {
    app.addHook('onSend', async (_request, reply) => {
      reply.header('access-control-allow-origin', own['access-control-allow-origin'])
    })
  }),
  honoHost('hono', (app) => {
    app.use(async (c, next) => {
      for (const [name, value] of Object.entries(own)) c.header(name, value)
      await next()
    })
  }),
  honoHost('hono, late', (app) => {
    app.use(async (c, next) => {
      await next()
      for (const [name, value] of Object.entries(own)) c.header(name, value, { append: name === 'vary' })
    })
  }),
]

describe.each(withOwnCors)('$name with a CORS policy of the application', ({ name, start }) => {
  test('L-05 L-10 a preflight adds its Vary to that of the application', async () => {
    const host = await start(notesApp())
    const preflight = { ...page, 'access-control-request-method': 'POST' }
    const answer = await sendRaw(`${host.origin}/mcp`, { method: 'OPTIONS', headers: preflight })
    await host.close()
    expect(answer.headers['access-control-allow-origin']).toBe(own['access-control-allow-origin'])
    const expected = ['Origin', 'Access-Control-Request-Headers'].slice(name === 'fastify, late' ? 1 : 0)
    expect(listOf(answer.headers['vary']).sort()).toEqual(expected.sort())
  })

  test('L-03 L-10 the application’s CORS policy applies to its endpoint, and caches still separate users', async () => {
    const host = await start(notesApp())
    const client = await register(host.origin)
    const { access_token } = await newTokens(host.origin, client)
    const answer = await callMcp(host.origin, access_token, { headers: page })
    await host.close()
    expect(answer.status).toBe(200)
    expect(answer.headers.get('access-control-allow-origin')).toBe(own['access-control-allow-origin'])
    expect(listOf(answer.headers.get('vary') ?? '')).toContain('Authorization')
  })
})
