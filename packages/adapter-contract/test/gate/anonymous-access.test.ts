import { gzipSync } from 'node:zlib'
import formbody from '@fastify/formbody'
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as ClientTransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { McpServer as McpServerV2 } from '@modelcontextprotocol/server'
import { type BearerGateOptions, RemoteAuthProvider, StaticTokenVerifier } from '@tollgate/auth-core'
import { createBearerGate } from '@tollgate/auth-core/adapter'
import * as forFastify from '@tollgate/auth-fastify'
import express5 from 'express'
import express4 from 'express4'
import Fastify from 'fastify'
import type { Context } from 'hono'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { expectGateRefusal } from '../harness/expectations.js'
import { fromJavaScript } from '../harness/from-javascript.js'
import {
  hosts as allHosts,
  expressHost,
  fastifyHost,
  type Host,
  honoHost,
  type RunningHost,
} from '../harness/hosts.js'
import { listen } from '../harness/listen.js'
import { deployments, nodeApps, text, webApps } from '../harness/mcp-deployments.js'
import { type RawRequest, sendRaw } from '../harness/raw-http.js'

const gate: BearerGateOptions = {
  allowAnonymous: {
    tools: ['search', 'toString'],
    resources: ['docs://intro'],
    prompts: ['welcome'],
  },
}

function providerAt(baseUrl: string): RemoteAuthProvider {
  return new RemoteAuthProvider({
    baseUrl,
    authorizationServers: ['https://login.example'],
    tokenVerifier: new StaticTokenVerifier({
      requiredScopes: ['notes:read'],
      tokens: { reader: { clientId: 'client-1', scopes: ['notes:read'] } },
    }),
  })
}

const json = { 'content-type': 'application/json' }

function message(method: unknown, params?: unknown, id: unknown = 1) {
  return { jsonrpc: '2.0', id, method, ...(params === undefined ? {} : { params }) }
}
const call = (name: unknown) => message('tools/call', { name, arguments: {} })

const publicMessages: readonly [string, unknown][] = [
  ...[
    'initialize',
    'server/discover',
    'ping',
    'tools/list',
    'resources/list',
    'resources/templates/list',
    'prompts/list',
  ].map((method): [string, unknown] => [method, message(method, {})]),
  ...['initialized', 'cancelled', 'progress', 'roots/list_changed'].map((name): [string, unknown] => [
    `notifications/${name}`,
    { jsonrpc: '2.0', method: `notifications/${name}` },
  ]),
  ['a tool that is listed', call('search')],
  ['a listed tool named like an inherited member', call('toString')],
  [
    'a tool that is listed, whose arguments name others',
    message('tools/call', { name: 'search', arguments: call('wipe') }),
  ],
  ['a resource that is listed', message('resources/read', { uri: 'docs://intro' })],
  ['a prompt that is listed', message('prompts/get', { name: 'welcome' })],
  ['a batch of what is public', [message('ping'), call('search'), message('tools/list')]],
]

const protectedMessages: readonly [string, unknown][] = [
  ...[
    'completion/complete',
    'logging/setLevel',
    'resources/subscribe',
    'resources/unsubscribe',
    'subscriptions/listen',
    'tasks/get',
    'tasks/result',
    'sampling/createMessage',
    'elicitation/create',
    'roots/list',
    'notifications/message',
    'notifications/anything',
    'anything',
    'Tools/List',
    'tools/list ',
    'tools',
    '',
    '__proto__',
    'constructor',
    'toString',
  ].map((method): [string, unknown] => [
    `the method ${JSON.stringify(method)}`,
    message(method, { name: 'search' }),
  ]),
  ['a tool that is not listed', call('wipe')],
  ['a tool in another case', call('Search')],
  ['a tool with a space', call('search ')],
  ['a tool named like the prototype', call('__proto__')],
  ['a tool named like an inherited member', call('constructor')],
  ['a tool that is listed as a prompt', call('welcome')],
  ['a prompt that is listed as a tool', message('prompts/get', { name: 'search' })],
  [
    'a resource that begins like one that is listed',
    message('resources/read', { uri: 'docs://intro/secret' }),
  ],
  ['a resource in another case', message('resources/read', { uri: 'DOCS://intro' })],
  ['a resource that is a prompt', message('resources/read', { uri: 'welcome' })],
  ['an invalid name', call(['search'])],
  ['no name', message('tools/call', {})],
  ['no parameters', message('tools/call')],
  ['parameters that are a list', message('tools/call', ['search'])],
  ['a uri for a name', message('tools/call', { uri: 'search' })],
  ['a batch with one that is not public', [message('ping'), call('search'), call('wipe')]],
  ['a batch in a batch', [[call('search')]]],
  ['an empty batch', []],
  ['a response', { jsonrpc: '2.0', id: 1, result: {} }],
  ['a response among public calls', [message('ping'), { jsonrpc: '2.0', id: 1, result: {} }]],
  ['an invalid method', message(['ping'])],
  ['an empty object', {}],
]

/** Bodies that `JSON.stringify` would not write. */
const protectedTexts: readonly [string, string][] = [
  ['null', 'null'],
  ['a number', '1'],
  ['a text', '"ping"'],
  ['what is not JSON', '{"jsonrpc":'],
  ['nothing', ''],
  [
    'inherited parameters',
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","__proto__":{"params":{"name":"search"}}}',
  ],
  ['an inherited method', '{"jsonrpc":"2.0","id":1,"__proto__":{"method":"ping"}}'],
  [
    'a public method with an inherited one',
    '{"jsonrpc":"2.0","id":1,"method":"ping","__proto__":{"method":"x"}}',
  ],
  [
    'an inherited name',
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"__proto__":{"name":"search"}}}',
  ],
  ['the last of two methods', '{"jsonrpc":"2.0","id":1,"method":"ping","method":"anything"}'],
  [
    'the last of two names',
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","name":"wipe"}}',
  ],
]

const expressVersions: [string, typeof express5][] = [
  ['express 5', express5],
  ['express 4', express4 as typeof express5],
]

const hosts: readonly Host[] = [
  ...allHosts,
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
]

describe.each(hosts)('$name', ({ name, start }) => {
  const called: string[] = []
  let host: RunningHost
  let challenge: string

  beforeAll(async () => {
    host = await start((origin) => ({
      provider: providerAt(origin),
      gate,
      onCall: (token) => called.push(token),
    }))
    challenge = `Bearer resource_metadata="${host.origin}/.well-known/oauth-protected-resource/mcp", scope="notes:read"`
  })
  beforeEach(() => {
    called.length = 0
  })
  afterAll(() => host.close())

  const send = (request: RawRequest) => sendRaw(`${host.origin}/mcp`, request)
  const post = (body: string, headers: Record<string, string> = {}) =>
    send({ headers: { ...json, ...headers }, body })

  test.each(publicMessages)('A-48 A-73 without a token, %s passes', async (_, body) => {
    for (const headers of [{}, { authorization: 'Basic dXNlcjpwYXNz' }])
      expect((await post(JSON.stringify(body), headers)).status).toBe(200)
    expect(called).toEqual(['', ''])
  })

  test.each(protectedMessages)('A-01 A-48 A-73 without a token, %s gets a 401', async (_, body) => {
    expectGateRefusal(await post(JSON.stringify(body)), 401, undefined, challenge)
    expect(called).toEqual([])
  })

  // A parser in front refuses some of them with its own error.
  test.each(protectedTexts)('A-48 A-73 without a token, %s reaches no handler', async (_, body) => {
    expect([400, 401]).toContain((await post(body)).status)
    expect(called).toEqual([])
  })

  test('A-73 a valid token reaches every tool, and an invalid token is refused', async () => {
    const withToken = (token: string) => ({ authorization: `Bearer ${token}` })
    for (const [, body] of protectedMessages.slice(0, 3))
      expect((await post(JSON.stringify(body), withToken('reader'))).status).toBe(200)
    expect((await post(JSON.stringify(call('search')), withToken('bad'))).status).toBe(401)
    expect(called).toEqual(['reader', 'reader', 'reader'])
  })

  test.each(['GET', 'HEAD', 'DELETE'])(
    'A-73 without a token, %s gets 405 because there are no streams and sessions',
    async (method) => {
      const answer = await send({ method })
      expect(answer.status).toBe(405)
      expect(answer.headers['allow']).toBe('POST')
      expect(answer.headers['www-authenticate']).toBe(challenge)
      expect(called).toEqual([])
      expect((await send({ method, headers: { authorization: 'Bearer reader' } })).status).toBe(200)
    },
  )

  // With a parser in front, its result is what counts.
  if (name.includes('after')) return

  const ping = JSON.stringify(message('ping'))
  test.each<[string, Record<string, string>]>([
    ['no type', {}],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['text', { 'content-type': 'text/plain' }],
    ['other JSON', { 'content-type': 'application/vnd.api+json' }],
    ['another charset', { 'content-type': 'application/json; charset=utf-7' }],
    ['another charset among others', { 'content-type': 'application/json; charset=utf-8; charset=utf-16' }],
    ['a compressed body', { ...json, 'content-encoding': 'gzip' }],
    ['a body in an unknown encoding', { ...json, 'content-encoding': 'x-own' }],
  ])('A-73 without a token, %s is not public because parsers disagree about it', async (_, headers) => {
    expect((await send({ headers, body: ping })).status).toBe(401)
    if (headers['content-encoding'] === 'gzip')
      expect((await send({ headers, body: gzipSync(ping) })).status).toBe(401)
    expect(called).toEqual([])
  })

  test.each(['application/json', 'application/json;charset=utf-8', 'Application/JSON; Charset="UTF-8"'])(
    'A-73 without a token, %s is read',
    async (type) => {
      expect((await send({ headers: { 'content-type': type }, body: ping })).status).toBe(200)
    },
  )

  test('A-73 L-20 without a token, an oversized or incomplete body is not public', async () => {
    const padded = (bytes: number) => {
      const empty = JSON.stringify({ ...message('ping'), padding: '' })
      return empty.replace('"padding":""', `"padding":"${'x'.repeat(bytes - empty.length)}"`)
    }
    const tooLarge = padded(4 * 1024 * 1024 + 1)
    const chunks = [Buffer.from(tooLarge.slice(0, 1000)), Buffer.from(tooLarge.slice(1000))]
    for (const body of [tooLarge, chunks]) expect((await send({ headers: json, body })).status).toBe(401)
    expect(called).toEqual([])
  })
})

const honoReaders: readonly [string, (c: Context) => Promise<unknown>][] = [
  ['text', (c) => c.req.text()],
  ['arrayBuffer', (c) => c.req.arrayBuffer()],
  ['blob', (c) => c.req.blob()],
  ['formData of forms', async (c) => c.req.header('content-type') !== 'application/json' && c.req.formData()],
  ['parseBody', (c) => c.req.parseBody()],
]

/** Fastify with the gate after body parsing. */
const fastifyWithLateGate: Host = {
  name: 'fastify with the gate after the parsers',
  start: (build) =>
    listen(async (origin) => {
      const { provider, gate, onCall } = await build(origin)
      const app = Fastify()
      await app.register(formbody)
      await app.register(forFastify.mcpAuth, { provider, mcpPath: '/mcp' })
      app.post('/mcp', { preHandler: forFastify.requireBearerAuth(provider, gate) }, async () => {
        onCall?.('', undefined)
        return {}
      })
      await app.ready()
      return (request, response) => app.routing(request, response)
    }),
}

/** The body was parsed before the gate, by the type that was sent. */
const hostsWithReaders: readonly Host[] = [
  ...expressVersions.flatMap(([version, express]) =>
    [false, true].map((extended) =>
      expressHost(`${version} after json and ${extended ? 'extended ' : ''}urlencoded`, express, (app) => {
        app.use(express.json(), express.urlencoded({ extended }))
      }),
    ),
  ),
  fastifyWithLateGate,
  ...honoReaders.map(([reader, read]) =>
    honoHost(`hono after ${reader}`, (app) => {
      app.use(async (c, next) => {
        await read(c)
        await next()
      })
    }),
  ),
]

describe.each(hostsWithReaders)('$name', ({ start }) => {
  const called: string[] = []
  let host: RunningHost

  beforeAll(async () => {
    host = await start((origin) => ({
      provider: providerAt(origin),
      gate,
      onCall: (token) => called.push(token),
    }))
  })
  beforeEach(() => {
    called.length = 0
  })
  afterAll(() => host.close())

  const statusOf = async (type: string, body: string) =>
    (await sendRaw(`${host.origin}/mcp`, { headers: { 'content-type': type }, body })).status

  test.each([
    ['a public message in a form', 'jsonrpc=2.0&id=1&method=ping'],
    ['a call that is a form with a public method', JSON.stringify({ ...call('wipe'), x: '&method=ping&y=' })],
    ['a public message as JSON', JSON.stringify(message('ping'))],
  ])('A-73 without a token, %s gets a 401 when its type is a form', async (_, body) => {
    for (const parameter of ['', '; x=application/json', '; charset=utf-8'])
      expect(await statusOf(`application/x-www-form-urlencoded${parameter}`, body)).toBe(401)
    expect(called).toEqual([])
  })

  test('A-48 A-73 without a token, a JSON body parsed before the gate is judged by its message', async () => {
    expect(await statusOf('application/json', JSON.stringify(call('search')))).toBe(200)
    expect(await statusOf('application/json', JSON.stringify(call('wipe')))).toBe(401)
    expect(called).toEqual([''])
  })
})

/** An MCP server that returns what it received. */
const echo = {
  async fetch(request: Request, options: { readonly parsedBody?: unknown } = {}) {
    return Response.json(options.parsedBody ?? (await request.json()))
  },
}

describe.each([...nodeApps, ...webApps])('%s', (_name, deploy) => {
  let host: RunningHost
  beforeAll(async () => {
    host = await listen((origin) => deploy(echo, { provider: providerAt(origin), gate }))
  })
  afterAll(() => host.close())

  test.each(['whole', 'in chunks'])(
    'A-73 L-14 the MCP server receives the body that the gate read, %s',
    async (how) => {
      const body = JSON.stringify({ ...call('search'), padding: 'ü'.repeat(20_000) })
      const bytes = Buffer.from(body)
      const sent =
        how === 'whole' ? body : [bytes.subarray(0, 10), bytes.subarray(10, 20_001), bytes.subarray(20_001)]
      const answer = await sendRaw(`${host.origin}/mcp`, { headers: json, body: sent })
      expect([answer.status, JSON.parse(answer.body)]).toEqual([200, JSON.parse(body)])
    },
  )
})

/** A client that would sign in if its user were asked to. */
class InMemoryOAuthClient implements OAuthClientProvider {
  readonly redirectUrl = 'http://127.0.0.1/callback'
  readonly clientMetadata = { redirect_uris: [this.redirectUrl] }
  clientInformation() {
    return undefined
  }
  tokens() {
    return undefined
  }
  saveTokens() {}
  redirectToAuthorization() {}
  saveCodeVerifier() {}
  codeVerifier() {
    return ''
  }
}

/** A server of either SDK with a public tool and a private one. */
const servers = {
  v1() {
    const server = new McpServerV1({ name: 'test', version: '0' })
    for (const name of ['search', 'wipe']) server.registerTool(name, {}, () => text(name))
    return server
  },
  v2() {
    const server = new McpServerV2({ name: 'test', version: '0' })
    for (const name of ['search', 'wipe']) server.registerTool(name, {}, () => text(name))
    return server
  },
}

describe.each(deployments)('$name', ({ listener }) => {
  let host: RunningHost
  beforeAll(async () => {
    host = await listen((origin) => listener(servers, { provider: providerAt(origin), gate }))
  })
  afterAll(() => host.close())

  test('A-48 A-73 a client that can sign in uses public tools without signing in', async () => {
    const seen: string[] = []
    const client = new ClientV1({ name: 'test', version: '0' })
    const transport = new ClientTransportV1(new URL(`${host.origin}/mcp`), {
      authProvider: new InMemoryOAuthClient(),
      fetch: async (url, init) => {
        const { origin, pathname } = new URL(url)
        if (origin !== host.origin) throw new TypeError(`nobody is at ${origin}`)
        const answer = await fetch(url, init)
        seen.push(`${init?.method ?? 'GET'} ${pathname} ${answer.status}`)
        return answer
      },
    })
    await client.connect(transport)
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual(['search', 'wipe'])
    expect(await client.callTool({ name: 'search' })).toMatchObject(text('search'))
    // It opens a stream in the background. At a 401, it would ask the user to sign in.
    await vi.waitFor(() => expect(seen).toContain('GET /mcp 405'))
    expect(seen.filter((one) => !/^(?:POST \/mcp 20[02]|GET \/mcp 405)$/.test(one))).toEqual([])
    await expect(client.callTool({ name: 'wipe' })).rejects.toThrow()
    expect(seen).toContain('POST /mcp 401')
    expect(seen).toContain('GET /.well-known/oauth-protected-resource/mcp 200')
    await client.close()
  })
})

describe('invalid values of the public option', () => {
  const provider = providerAt('https://rs.example')
  provider.setMcpPath('/mcp')
  const gateWith = (options: unknown) => () =>
    createBearerGate(provider, fromJavaScript<BearerGateOptions>(options))

  test('A-48 A-73 a public option of true is refused with a fix', () => {
    expect(gateWith({ allowAnonymous: true })).toThrow(
      new TypeError(
        'requireBearerAuth: "allowAnonymous" must name what is public, for example { tools: [\'search\'] }. ' +
          'To let requests without a token do everything, set "dangerouslyAllowAnonymousEverything".',
      ),
    )
  })

  test.each([
    [{ allowAnonymous: ['search'] }, /must name what is public/],
    [{ allowAnonymous: 'search' }, /must name what is public/],
    [{ allowAnonymous: null }, /must name what is public/],
    [{ allowAnonymous: { tool: ['search'] } }, /"allowAnonymous.tool" is not an option/],
    [{ allowAnonymous: { tools: 'search' } }, /"allowAnonymous.tools" must be a list of names/],
    [{ allowAnonymous: { tools: ['search', 1] } }, /"allowAnonymous.tools" must be a list of names/],
    [{ allowAnonymous: { resources: [''] } }, /"allowAnonymous.resources" must be a list of names/],
    [{ allowAnonymous: {}, dangerouslyAllowAnonymousEverything: true }, /must not both be set/],
  ])('A-73 a public option of %j is refused', (options, message) => {
    expect(gateWith(options)).toThrow(message)
  })

  test('A-73 a public option of false equals no option', () => {
    expect(gateWith({ allowAnonymous: false })).not.toThrow()
  })
})
