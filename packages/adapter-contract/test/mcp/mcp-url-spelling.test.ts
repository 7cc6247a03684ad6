import {
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
} from '@modelcontextprotocol/client'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { McpServer as McpServerV2 } from '@modelcontextprotocol/server'
import { checkMount, type OAuthProvider } from '@tollgate/auth-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fastifyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { listen } from '../harness/listen.js'
import { deployments, text } from '../harness/mcp-deployments.js'
import { notesApp, notesProvider } from '../harness/notes-app.js'
import { Browser, callback, newTokens, register } from '../harness/oauth-driver.js'
import { sendRaw } from '../harness/raw-http.js'

const json = { 'content-type': 'application/json' }

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  let authorization: string
  beforeAll(async () => {
    host = await start(notesApp())
    authorization = `Bearer ${(await newTokens(host.origin, await register(host.origin))).access_token}`
  })
  afterAll(() => host.close())

  test.each(['GET', 'POST', 'DELETE'])(
    'L-32 %s with an extra slash is redirected to the endpoint URL and arrives',
    async (method) => {
      const page = { ...json, authorization, origin: 'https://page.example' }
      const body = method === 'POST' ? '{}' : undefined
      const request = { method, headers: page, ...(body === undefined ? {} : { body }) }
      const sent = await sendRaw(`${host.origin}/mcp/?a=b%20c`, request)
      expect([sent.status, sent.headers['location']]).toEqual([308, `${host.origin}/mcp?a=b%20c`])
      expect(sent.headers['access-control-allow-origin']).toBe('*')
      // Without a type, because a parser may require a body otherwise.
      const followed = await fetch(`${host.origin}/mcp/`, {
        method,
        headers: { authorization, ...(body === undefined ? {} : json) },
        ...(body === undefined ? {} : { body }),
      })
      expect([followed.status, followed.url]).toEqual([200, `${host.origin}/mcp`])
    },
  )

  test('L-32 L-04 the preflight succeeds there, too, because browsers do not follow its redirects', async () => {
    const headers = { origin: 'https://page.example', 'access-control-request-method': 'POST' }
    const preflight = (path: string) => sendRaw(host.origin + path, { method: 'OPTIONS', headers })
    const [other, own] = [await preflight('/mcp/'), await preflight('/mcp')]
    expect([other.status, other.headers['access-control-allow-methods']]).toEqual([204, 'GET, POST, DELETE'])
    expect(other.headers['access-control-allow-headers']).toBe(own.headers['access-control-allow-headers'])
  })

  test.each([
    'LOCALHOST',
    'localhost',
    'LocalHost:80',
    'localhost:443',
    'localhost.',
    'other.example:1',
    '[::1]:1',
  ])('A-46 L-17 L-32 the host %s of a request changes nothing', async (name) => {
    const answer = await sendRaw(`${host.origin}/mcp`, { headers: { ...json, host: name }, body: '{}' })
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toContain(
      `resource_metadata="${host.origin}/.well-known/oauth-protected-resource/mcp"`,
    )
    const slash = await sendRaw(`${host.origin}/mcp/`, { method: 'GET', headers: { host: name } })
    expect(slash.headers['location']).toBe(`${host.origin}/mcp`)
    const metadata = await sendRaw(`${host.origin}/.well-known/oauth-protected-resource/mcp`, {
      method: 'GET',
      headers: { host: name },
    })
    expect(JSON.parse(metadata.body)).toMatchObject({ resource: `${host.origin}/mcp` })
  })

  test('L-32 L-18 the endpoint has one URL below a prefix, at the root and with its own slash', async () => {
    const cases = [
      { baseUrl: '/api', mcpPath: '/mcp', own: '/api/mcp', other: '/api/mcp/' },
      { baseUrl: '', mcpPath: '/mcp/', own: '/mcp/', other: '/mcp' },
      { baseUrl: '', mcpPath: '/a/b', own: '/a/b', other: '/a/b/' },
    ]
    for (const { baseUrl, mcpPath, own, other } of cases) {
      let provider: OAuthProvider | undefined
      const running = await start((origin) => {
        provider = notesProvider(origin, { baseUrl: origin + baseUrl })
        return { provider, mount: { mcpPath } }
      })
      const answer = await sendRaw(running.origin + other, { headers: json, body: '{}' })
      expect([answer.status, answer.headers['location']]).toEqual([308, running.origin + own])
      expect((await sendRaw(running.origin + own, { headers: json, body: '{}' })).status).toBe(401)
      expect((await checkMount(provider as OAuthProvider)).problems).toEqual([])
      await running.close()
    }
  })
})

const lenient = [
  fastifyHost('fastify', () => {}, { routerOptions: { ignoreTrailingSlash: true } }),
  fastifyHost('fastify that ignores cases', () => {}, {
    routerOptions: { ignoreTrailingSlash: true, caseSensitive: false },
  }),
]

test.each(lenient)('L-32 $name accepts both spellings without a redirect loop', async ({ start }) => {
  for (const mcpPath of ['/mcp', '/mcp/']) {
    const host = await start((origin) => ({ provider: notesProvider(origin), mount: { mcpPath } }))
    for (const path of ['/mcp', '/mcp/'])
      expect((await sendRaw(host.origin + path, { headers: json, body: '{}' })).status).toBe(401)
    await host.close()
  }
})

/** A client of either SDK that signs in as the user would in a browser. */
class SigningIn {
  readonly redirectUrl = callback
  readonly clientMetadata = { client_name: 'Test', redirect_uris: [callback] }
  readonly #kept = new Map<string, unknown>()
  /** Where the browser was finally sent. */
  callback = new URL(callback)

  clientInformation() {
    return this.#kept.get('client') as never
  }
  saveClientInformation(client: unknown) {
    this.#kept.set('client', client)
  }
  tokens() {
    return this.#kept.get('tokens') as never
  }
  saveTokens(tokens: unknown) {
    this.#kept.set('tokens', tokens)
  }
  discoveryState() {
    return this.#kept.get('discovery') as never
  }
  saveDiscoveryState(discovery: unknown) {
    this.#kept.set('discovery', discovery)
  }
  saveCodeVerifier(verifier: string) {
    this.#kept.set('verifier', verifier)
  }
  codeVerifier() {
    return String(this.#kept.get('verifier'))
  }
  async redirectToAuthorization(url: URL) {
    const browser = new Browser('alice')
    const page = await (await browser.open(url.href)).text()
    const answer = await browser.answer(url.origin, page, 'allow')
    this.callback = new URL(answer.headers.get('location') ?? '')
  }
}

const servers = {
  v1() {
    const server = new McpServerV1({ name: 'test', version: '0' })
    server.registerTool('whoami', {}, (extra) => text(String(extra.authInfo?.extra?.['subject'])))
    return server
  },
  v2() {
    const server = new McpServerV2({ name: 'test', version: '0' })
    server.registerTool('whoami', {}, (ctx) => text(String(ctx.http?.authInfo?.extra?.['subject'])))
    return server
  },
}

async function whoamiWithV1(url: URL): Promise<unknown> {
  const authProvider = new SigningIn()
  const first = new TransportV1(url, { authProvider })
  await expect(new ClientV1({ name: 'test', version: '0' }).connect(first)).rejects.toThrow()
  await first.finishAuth(authProvider.callback.searchParams.get('code') ?? '')
  const client = new ClientV1({ name: 'test', version: '0' })
  await client.connect(new TransportV1(url, { authProvider }))
  const result = await client.callTool({ name: 'whoami' })
  await client.close()
  return result.content
}

async function whoamiWithV2(url: URL): Promise<unknown> {
  const authProvider = new SigningIn()
  const first = new TransportV2(url, { authProvider })
  await expect(new ClientV2({ name: 'test', version: '0' }).connect(first)).rejects.toThrow()
  await first.finishAuth(authProvider.callback.searchParams)
  const client = new ClientV2({ name: 'test', version: '0' })
  await client.connect(new TransportV2(url, { authProvider }))
  const result = await client.callTool({ name: 'whoami' })
  await client.close()
  return result.content
}

/** The spellings of the endpoint URL in a client's configuration, and of `baseUrl`. */
const spellings: readonly [string, (origin: string) => string, (origin: string) => string][] = [
  ['as it is', (origin) => `${origin}/mcp`, (origin) => origin],
  ['with a slash at its end', (origin) => `${origin}/mcp/`, (origin) => origin],
  [
    'with its host in upper case',
    (origin) => `${origin.replace('localhost', 'LOCALHOST')}/mcp`,
    (origin) => origin,
  ],
  [
    'in lower case where baseUrl is not',
    (origin) => `${origin}/mcp`,
    (origin) => origin.replace('localhost', 'LocalHost'),
  ],
  ['with a slash where baseUrl has one', (origin) => `${origin}/mcp/`, (origin) => `${origin}/`],
]

describe.each(deployments.filter(({ name }) => !/after|without/.test(name)))('$name', ({ listener }) => {
  test.each(spellings)(
    'L-32 B-24 clients configured with the URL %s sign in and call tools',
    async (_, urlOf, baseUrlOf) => {
      const host = await listen((origin) => listener(servers, { provider: notesProvider(baseUrlOf(origin)) }))
      const url = new URL(urlOf(host.origin))
      try {
        expect(await whoamiWithV1(url)).toEqual([{ type: 'text', text: 'alice' }])
        expect(await whoamiWithV2(url)).toEqual([{ type: 'text', text: 'alice' }])
      } finally {
        await host.close()
      }
    },
  )
})
