import { type BearerGateOptions, RemoteAuthProvider, StaticTokenVerifier } from '@tollgate/auth-core'
import { createBearerGate } from '@tollgate/auth-core/adapter'
import { describe, expect, test } from 'vitest'
import { fromJavaScript } from '../harness/from-javascript.js'
import { hosts } from '../harness/hosts.js'
import { listen } from '../harness/listen.js'
import { nodeApps, webApps } from '../harness/mcp-deployments.js'
import { type RawAnswer, sendRaw } from '../harness/raw-http.js'

function providerAt(baseUrl: string): RemoteAuthProvider {
  return new RemoteAuthProvider({
    baseUrl,
    authorizationServers: ['https://login.example'],
    tokenVerifier: new StaticTokenVerifier({ tokens: { good: { clientId: 'client-1' } } }),
  })
}

const search = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'search' } })
const publicSearch = { allowAnonymous: { tools: ['search'] } }
const everything = { dangerouslyAllowAnonymousEverything: true }
const page = 'https://page.example'
const app = 'https://app.example'

type Call = (from: string | undefined, token?: string) => Promise<RawAnswer>

/** The response to a page of an origin, and how often the handler ran. */
const callerOf =
  (origin: string): Call =>
  (from, token) =>
    sendRaw(`${origin}/mcp`, {
      headers: {
        'content-type': 'application/json',
        // A server cannot decide by the Host: a website can point its name at the visitor's machine.
        ...(from === undefined ? {} : { origin: from }),
        ...(URL.canParse(from ?? '') ? { host: new URL(from ?? '').host || 'localhost' } : {}),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: search,
    })

const readers = (answer: RawAnswer) => answer.headers['access-control-allow-origin']
const varies = (answer: RawAnswer) => (answer.headers['vary'] ?? '').split(/, */)

describe.each(hosts)('$name', ({ start }) => {
  const called: string[] = []

  async function during(gate: BearerGateOptions, check: (call: Call, own: string) => Promise<void>) {
    called.length = 0
    const onCall = (token: string) => called.push(token)
    const host = await start((origin) => ({ provider: providerAt(origin), gate, onCall }))
    try {
      await check(callerOf(host.origin), host.origin)
    } finally {
      await host.close()
    }
  }

  test.each([publicSearch, everything])(
    'A-48 A-74 a page of another origin cannot use public tools but can read that a token is needed: %j',
    (gate) =>
      during(gate, async (call) => {
        for (const origin of [page, 'null', 'http://localhost', 'http://127.0.0.1:1', 'file://', '']) {
          const answer = await call(origin)
          expect([answer.status, readers(answer)]).toEqual([401, '*'])
          expect(answer.headers['www-authenticate']).toMatch(/^Bearer resource_metadata=/)
        }
        expect(called).toEqual([])
        const withToken = await call(page, 'good')
        expect([withToken.status, readers(withToken)]).toEqual([200, '*'])
      }),
  )

  test.each([publicSearch, everything])(
    'A-74 a response to a request without a token is hidden from other origins: %j',
    (gate) =>
      during(gate, async (call, own) => {
        for (const origin of [undefined, own]) {
          const answer = await call(origin)
          expect([answer.status, readers(answer)]).toEqual([200, undefined])
          expect(varies(answer)).toEqual(expect.arrayContaining(['Authorization', 'Origin']))
        }
        expect(called).toEqual(['', ''])
      }),
  )

  test('A-74 a page of an allowed origin can use public tools and read the response', () =>
    during({ ...publicSearch, allowedOrigins: [app, 'http://localhost:*', 'null'] }, async (call) => {
      for (const origin of [app, 'http://localhost', 'http://localhost:6274', 'null']) {
        const answer = await call(origin)
        expect([answer.status, readers(answer)]).toEqual([200, origin])
        expect(varies(answer)).toEqual(expect.arrayContaining(['Authorization', 'Origin']))
        expect(answer.headers['access-control-allow-credentials']).toBeUndefined()
      }
      expect((await call(app, 'good')).status).toBe(200)
      expect((await call(app, 'bad')).status).toBe(401)
      expect((await call(undefined)).status).toBe(200)
    }))

  test('A-74 every page can use public tools if the operator allows it', () =>
    during({ ...publicSearch, allowedOrigins: '*' }, async (call) => {
      for (const origin of [page, 'null', app]) expect((await call(origin)).status).toBe(200)
      expect(readers(await call(page))).toBe(page)
    }))

  test('A-74 L-03 a page of a forbidden origin can read why, with and without a token', () =>
    during({ allowedOrigins: [app, 'https://localhost:*'] }, async (call, own) => {
      const others = [
        page,
        `${app}:8443`,
        'http://app.example',
        `${app}.evil.example`,
        'null',
        'http://localhost:1',
      ]
      for (const origin of [
        ...others,
        'https://localhost:',
        'https://localhost:1.evil.example',
        `${app}, ${app}`,
      ]) {
        for (const token of [undefined, 'good', 'bad']) {
          const answer = await call(origin, token)
          expect([answer.status, readers(answer)]).toEqual([403, '*'])
          expect(JSON.parse(answer.body)).toEqual({
            jsonrpc: '2.0',
            error: { code: -32000, message: expect.stringContaining('"allowedOrigins"') },
            id: null,
          })
          expect(answer.headers['cache-control']).toBe('no-store')
        }
      }
      expect(called).toEqual([])
      for (const origin of [app, own, undefined, 'https://localhost:8443'])
        expect((await call(origin, 'good')).status).toBe(200)
      expect((await call(app)).status).toBe(401)
    }))

  test('A-74 L-04 the preflight allows exactly what a page can then send and read', () =>
    during({ ...publicSearch, allowedOrigins: [app] }, async (call, own) => {
      for (const origin of [app, page]) {
        const headers = { origin, 'access-control-request-method': 'POST' }
        const preflight = await sendRaw(`${own}/mcp`, { method: 'OPTIONS', headers })
        expect([preflight.status, readers(preflight)]).toEqual([204, '*'])
        for (const token of [undefined, 'good', 'bad'])
          expect(['*', origin]).toContain(readers(await call(origin, token)))
      }
    }))
})

/** An MCP server without a CORS policy. */
const mcp = { fetch: async () => Response.json({}) }

test.each([...nodeApps, ...webApps])(
  'A-74 pages cannot read responses of the MCP server of %s without a token',
  async (_name, deploy) => {
    for (const gate of [publicSearch, everything]) {
      const host = await listen((origin) => deploy(mcp, { provider: providerAt(origin), gate }))
      const call = callerOf(host.origin)
      const anonymous = await call(undefined)
      expect([anonymous.status, readers(anonymous)]).toEqual([200, undefined])
      const own = await call(host.origin)
      expect([own.status, readers(own)]).toEqual([200, undefined])
      expect((await call(page)).status).toBe(401)
      expect(readers(await call(page, 'good'))).toBe('*')
      await host.close()
    }
  },
)

describe('the option "allowedOrigins"', () => {
  const provider = providerAt('https://rs.example')
  provider.setMcpPath('/mcp')

  test.each([
    [['https://app.example/'], 'Write "https://app.example".'],
    [['https://app.example/path'], 'Write "https://app.example".'],
    [['https://APP.example'], 'Write "https://app.example".'],
    [['https://app.example:443'], 'Write "https://app.example".'],
    [['app.example'], 'such as "https://app.example.com", not "app.example".'],
    [['*'], 'such as "https://app.example.com", not "*".'],
    [['https://*.app.example'], 'such as "https://app.example.com", not "https://*.app.example".'],
    [['http://192.168.0.1:*'], 'such as "https://app.example.com", not "http://192.168.0.1:*".'],
    [[''], 'such as "https://app.example.com", not "".'],
    [[1], 'such as "https://app.example.com", not 1.'],
    [['https://user@app.example'], 'Write "https://app.example".'],
    ['https://app.example', 'must be "*" or a list of origins'],
    [{}, 'must be "*" or a list of origins'],
  ])('A-74 allowedOrigins refuses %j', (allowedOrigins, message) => {
    const options = fromJavaScript<BearerGateOptions>({ allowedOrigins })
    expect(() => createBearerGate(provider, options)).toThrow(TypeError)
    expect(() => createBearerGate(provider, options)).toThrow(`requireBearerAuth: "allowedOrigins" must be`)
    expect(() => createBearerGate(provider, options)).toThrow(message)
  })

  test.each([
    'https://app.example',
    'http://localhost:6274',
    'http://[::1]:*',
    'null',
    'vscode-webview://abc',
  ])('A-74 allowedOrigins accepts %s', (origin) => {
    expect(() => createBearerGate(provider, { allowedOrigins: [origin] })).not.toThrow()
  })

  test('A-74 allowedOrigins admits no request whose origin is unreadable', async () => {
    const gate = createBearerGate(provider, { allowedOrigins: [app] })
    expect(await gate.authenticate('Bearer good')).toMatchObject({ refusal: { status: 403 } })
  })
})
