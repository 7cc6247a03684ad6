import formbody from '@fastify/formbody'
import express5 from 'express'
import express4 from 'express4'
import type { Context, MiddlewareHandler } from 'hono'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectOAuthError } from '../harness/expectations.js'
import { expressHost, fastifyHost, type Host, honoHost, type RunningHost } from '../harness/hosts.js'
import { notesApp } from '../harness/notes-app.js'
import {
  authorizationUrl,
  Browser,
  callback,
  callMcp,
  codeForm,
  newCode,
  newTokens,
  postForm,
  type RegisteredClient,
  refreshForm,
  register,
  transactionOf,
} from '../harness/oauth-driver.js'

/** Parses bodies before the routes and leaves the result where the framework does. */
const expressParsers: [string, (express: typeof express5) => express5.RequestHandler[]][] = [
  ['json and urlencoded', (express) => [express.json(), express.urlencoded({ extended: false })]],
  ['json and urlencoded with qs', (express) => [express.json(), express.urlencoded({ extended: true })]],
  ['raw', (express) => [express.raw({ type: () => true })]],
  ['text', (express) => [express.text({ type: () => true })]],
]

const honoParsers: [string, MiddlewareHandler][] = [
  ['parseBody of single values', honoReader((c) => c.req.parseBody())],
  ['parseBody of all values', honoReader((c) => c.req.parseBody({ all: true }))],
  ['text', honoReader((c) => c.req.text())],
  ['json', honoReader((c) => c.req.json())],
  ['arrayBuffer', honoReader((c) => c.req.arrayBuffer())],
  ['blob', honoReader((c) => c.req.blob())],
  ['formData', honoReader((c) => (isForm(c) ? c.req.formData() : c.req.text()))],
]

function isForm(c: Context): boolean {
  return c.req.header('content-type') === 'application/x-www-form-urlencoded'
}

function honoReader(read: (c: Context) => Promise<unknown>): MiddlewareHandler {
  return async (c, next) => {
    // A logger, for example, which reads every body.
    await read(c).catch(() => {})
    await next()
  }
}

const expressVersions: [string, typeof express5][] = [
  ['express 5', express5],
  ['express 4', express4 as typeof express5],
]

const hosts: readonly Host[] = [
  ...expressVersions.flatMap(([version, express]) =>
    expressParsers.map(([name, parsers]) =>
      expressHost(`${version} after ${name}`, express, (app) => {
        app.use(...parsers(express))
      }),
    ),
  ),
  fastifyHost('fastify after formbody', (app) => app.register(formbody)),
  fastifyHost('fastify after a parser for everything', (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: unknown, body: unknown) => body)
  }),
  ...honoParsers.map(([name, parser]) =>
    honoHost(`hono after ${name}`, (app) => {
      app.use(parser)
    }),
  ),
]

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  let client: RegisteredClient

  beforeAll(async () => {
    host = await start(notesApp())
    client = await register(host.origin)
  })
  afterAll(() => host.close())

  test('L-14 registration, consent, tokens and refresh work with parsed bodies', async () => {
    const browser = new Browser('alice')
    const page = await browser.open(`${host.origin}/authorize`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URL(authorizationUrl(host.origin, client)).searchParams,
    })
    expect(page.status).toBe(200)
    const tokens = await newTokens(host.origin, client)
    expect((await callMcp(host.origin, tokens.access_token)).status).toBe(200)
    const refreshed = await postForm(`${host.origin}/token`, refreshForm(client, tokens.refresh_token))
    expect(refreshed.status).toBe(200)
    expect(client['client_name']).toBe('Test client')
    expect(client.redirect_uris).toEqual([callback])
  })

  test('L-14 F-22 an oversized parsed registration is refused', async () => {
    const send = (padding: number) =>
      fetch(`${host.origin}/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ redirect_uris: [callback], padding: 'x'.repeat(padding) }),
      })
    await expectOAuthError(await send(20_000), 413, 'invalid_client_metadata')
    expect((await send(15_000)).status).toBe(201)
  })

  test('L-14 D-04 a repeated parsed parameter is refused without harm', async () => {
    const form = codeForm(client, await newCode(host.origin, client))
    for (const name of ['code', 'grant_type', 'client_id', 'code_verifier'] as const) {
      const value = form[name] ?? ''
      for (const second of [value, 'other']) {
        const answer = await postForm(`${host.origin}/token`, { ...form, [name]: [value, second] })
        expect(answer.status, `${name} twice`).toBe(400)
        expect(await answer.json()).toMatchObject({ error: 'invalid_request' })
      }
    }
    expect((await postForm(`${host.origin}/token`, form)).status).toBe(200)
  })

  test('L-14 brackets in a parameter name do not create an object or a list', async () => {
    const { code = '', ...form } = codeForm(client, await newCode(host.origin, client))
    for (const [name, value] of [
      ['code[a]', code],
      ['code[a][b]', code],
      ['code[][a]', code],
      ['code[]', [code, code]],
    ] as const) {
      const answer = await postForm(`${host.origin}/token`, { ...form, [name]: value })
      expect(answer.status, name).toBe(400)
      expect(await answer.json()).toMatchObject({ error: 'invalid_request' })
    }
    expect((await postForm(`${host.origin}/token`, { ...form, code })).status).toBe(200)
  })

  test('L-14 parameter names that every object inherits are plain names', async () => {
    const form = codeForm(client, await newCode(host.origin, client))
    const odd = new URLSearchParams(form)
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) odd.append(name, 'x')
    expect((await postForm(`${host.origin}/token`, odd.toString())).status).toBe(200)
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  test('L-14 L-20 an empty parsed body gets a response', async () => {
    for (const [path, type, error] of [
      ['/token', 'application/x-www-form-urlencoded', 'invalid_client'],
      ['/revoke', 'application/x-www-form-urlencoded', 'invalid_client'],
      ['/register', 'application/json', 'invalid_client_metadata'],
    ] as const) {
      const answer = await fetch(host.origin + path, {
        method: 'POST',
        headers: { 'content-type': type },
        body: '',
      })
      expect(await answer.json(), path).toMatchObject({ error })
    }
  })

  test('L-14 a form instead of JSON, or JSON instead of a form, is refused', async () => {
    const asForm = await postForm(`${host.origin}/register`, { redirect_uris: callback })
    expect(asForm.status).toBe(400)
    expect(await asForm.json()).toMatchObject({ error: 'invalid_client_metadata' })
    const asJson = await fetch(`${host.origin}/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(codeForm(client, 'x')),
    })
    expect(asJson.status).toBe(400)
    expect(await asJson.json()).toMatchObject({ error: 'invalid_request' })
  })

  test('L-14 the transaction of a consent page counts once', async () => {
    const browser = new Browser('alice')
    const html = await (await browser.open(authorizationUrl(host.origin, client))).text()
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' }
    const transaction = transactionOf(html)
    const twice = await browser.open(`${host.origin}/consent`, {
      method: 'POST',
      headers,
      body: `transaction=${transaction}&transaction=${transaction}&decision=allow`,
    })
    expect(twice.status).toBe(400)
    expect((await browser.answer(host.origin, html, 'allow')).status).toBe(303)
  })
})

/** Middleware that consumed the body and kept it. */
const drained: readonly Host[] = [
  ...expressVersions.map(([version, express]) =>
    expressHost(version, express, (app) => {
      app.use(async (request, _response, next) => {
        for await (const _ of request);
        next()
      })
    }),
  ),
  fastifyHost('fastify', (app) => {
    app.addHook('onRequest', async (request) => {
      for await (const _ of request.raw);
    })
  }),
  honoHost('hono', (app) => {
    app.use(async (c, next) => {
      await c.req.raw.text()
      await next()
    })
  }),
]

describe.each(drained)('$name behind middleware that consumed the body', ({ start }) => {
  test('L-14 L-20 a consumed body gets an immediate error that says so', async () => {
    const events: { reason?: string | undefined }[] = []
    const host = await start(notesApp({ onEvent: (event) => events.push(event as { reason?: string }) }))
    events.length = 0
    const form = { grant_type: 'authorization_code', client_id: 'x' }
    const headers = { 'content-type': 'application/json' }
    const answers = [
      await postForm(`${host.origin}/token`, form),
      await fetch(`${host.origin}/register`, { method: 'POST', headers, body: '{}' }),
    ]
    await host.close()
    for (const answer of answers) {
      expect(answer.status).toBe(500)
      expect(await answer.json()).toEqual({
        error: 'server_error',
        error_description: expect.stringContaining('body was read before'),
      })
    }
    expect(events.map(({ reason }) => reason)).toEqual(['body_already_read', 'body_already_read'])
  })
})
