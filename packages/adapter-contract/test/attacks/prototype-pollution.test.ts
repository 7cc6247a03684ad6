import { RemoteAuthProvider, StaticTokenVerifier } from '@tollgate/auth-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { listen, type RunningHost } from '../harness/listen.js'
import { callTool, nodeApps, webApps } from '../harness/mcp-deployments.js'

/** Copies members one by one as some validators did: `__proto__` becomes the prototype. */
function copied(value: unknown): Record<string, unknown> {
  const copy: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value ?? {})) copy[name] = member
  return copy
}

/** An MCP server that reads copies of messages and records the called tools. */
function copyingServer(called: unknown[]) {
  return {
    async fetch(request: Request, options: { readonly parsedBody?: unknown } = {}) {
      const body = options.parsedBody ?? (await request.json())
      for (const message of [body].flat().map(copied)) {
        if (message['method'] === 'tools/call') called.push(copied(message['params'])['name'])
      }
      return Response.json({})
    },
  }
}

const wipe = '{"name":"wipe","arguments":{}}'
const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}'
const call = (params: string) => `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`

/** None of them has an own `params.name` of `wipe`. */
const attacks: readonly [string, string][] = [
  ['an inherited name alone', call(`{"__proto__":${wipe}}`)],
  ['an escaped member', call(`{"\\u005f_proto__":${wipe}}`)],
  ['an invalid name', call(`{"name":null,"__proto__":${wipe}}`)],
  ['an inherited name beside its own', call(`{"name":"list","__proto__":${wipe}}`)],
  ['inherited parameters', `{"jsonrpc":"2.0","id":1,"method":"tools/call","__proto__":{"params":${wipe}}}`],
  ['an inherited method', `{"jsonrpc":"2.0","id":1,"params":${wipe},"__proto__":{"method":"tools/call"}}`],
  ['all of it inherited', `{"jsonrpc":"2.0","id":1,"__proto__":${call(wipe)}}`],
]

// Without a parser, Fastify has no body to check.
const apps = [...nodeApps, ...webApps].filter(([name]) => !name.startsWith('fastify without'))

describe.each(apps)('%s', (name, deploy) => {
  const called: unknown[] = []
  let host: RunningHost

  beforeAll(async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    host = await listen((origin) =>
      deploy(copyingServer(called), {
        provider: new RemoteAuthProvider({
          baseUrl: origin,
          authorizationServers: ['https://login.example'],
          tokenVerifier: new StaticTokenVerifier({
            tokens: {
              good: { clientId: 'client-1', scopes: [] },
              admin: { clientId: 'client-1', scopes: ['admin'] },
            },
          }),
        }),
        gate: { dangerouslyAllowAnonymousEverything: true },
        toolScopes: { wipe: ['admin'] },
      }),
    )
  })
  beforeEach(() => {
    called.length = 0
  })
  afterAll(async () => {
    vi.restoreAllMocks()
    await host.close()
  })

  const send = (body: string, token?: string) =>
    callTool(host.origin, '', {
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body,
    })

  describe.each(attacks)('A-23 A-48 L-24 a tool call with %s', (_, attack) => {
    test.each([
      ['alone', attack],
      ['in a batch', `[${ping},${attack}]`],
    ])('the call is refused %s for every caller', async (_where, body) => {
      for (const token of ['good', undefined, 'admin']) {
        const answer = await send(body, token)
        expect(answer.status).toBe(400)
        // Fastify's own parser also refuses such a member, with its own error.
        if (!name.startsWith('fastify')) {
          expect(await answer.json()).toEqual({
            jsonrpc: '2.0',
            error: { code: -32600, message: 'Invalid Request' },
            id: null,
          })
        }
      }
      expect(called).toEqual([])
    })
  })

  test('A-23 A-48 the plain call needs its scope and passes with it', async () => {
    expect((await send(call(wipe), 'good')).status).toBe(403)
    expect((await send(call(wipe))).status).toBe(401)
    expect(called).toEqual([])
    expect((await send(call(wipe), 'admin')).status).toBe(200)
    expect(called).toEqual(['wipe'])
  })

  test('A-23 harmless names that look dangerous reach the MCP server', async () => {
    const params = '{"name":"list","constructor":{"name":"wipe"},"prototype":{"name":"wipe"},"arguments":{}}'
    // Fastify's own parser refuses a constructor with a prototype, which this is not.
    expect((await send(call(params), 'good')).status).toBe(200)
    expect(called).toEqual(['list'])
  })
})
