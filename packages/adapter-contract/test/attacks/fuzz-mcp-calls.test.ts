import { METHODS } from 'node:http'
import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { McpServer as McpServerV2 } from '@modelcontextprotocol/server'
import { RemoteAuthProvider, StaticTokenVerifier } from '@tollgate/auth-core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { runs } from '../../../auth-core/test/harness/property-runs.js'
import { mutate, mutations } from '../harness/arbitrary-request.js'
import { listen, type RunningHost } from '../harness/listen.js'
import { deployments, type Gated, mcpHeaders, text } from '../harness/mcp-deployments.js'
import { sendRaw } from '../harness/raw-http.js'
import { toRequest, type WireRequest, wireForm, wireGet, wireJson } from '../harness/wire-request.js'

const patience = 120_000

function gatedBy(origin: string): Gated {
  const tokens = { good: { clientId: 'client-1', scopes: ['notes:read'] } }
  const provider = new RemoteAuthProvider({
    baseUrl: origin,
    authorizationServers: ['https://as.example'],
    tokenVerifier: new StaticTokenVerifier({ tokens }),
  })
  return { provider }
}

const servers = {
  v1() {
    const server = new McpServerV1({ name: 'test', version: '0' })
    server.registerTool('whoami', {}, () => text('somebody'))
    return server
  },
  v2() {
    const server = new McpServerV2({ name: 'test', version: '0' })
    server.registerTool('whoami', {}, () => text('somebody'))
    return server
  },
}

const withToken = (wire: WireRequest): WireRequest => ({
  ...wire,
  headers: { ...mcpHeaders, authorization: 'Bearer good', ...wire.headers },
})

const call = withToken(
  wireJson('/mcp', { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami' } }),
)
const { 'content-type': _type, ...withoutType } = call.headers

/** Bodies that a client with a valid token may send: calls, other messages, and kinds of nothing. */
const requests: readonly WireRequest[] = [
  call,
  withToken(wireForm('/mcp', { a: 'b' })),
  { ...call, body: { kind: 'none' } },
  { ...call, body: { kind: 'none' }, headers: withoutType },
  { ...call, body: { kind: 'raw', bytes: new Uint8Array() }, headers: withoutType },
  withToken({ ...wireGet('/mcp'), method: 'DELETE' }),
]

async function statusOf(origin: string, wire: WireRequest): Promise<number> {
  const answer = await fetch(toRequest(origin, wire))
  // Some responses do not end.
  await answer.body?.cancel()
  return answer.status
}

// Frameworks log bodies that their parsers refuse.
beforeAll(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterAll(() => {
  vi.restoreAllMocks()
})

const gates: readonly [string, Partial<Gated>][] = [
  ['behind a gate', {}],
  ['behind a gate and tool scopes', { toolScopes: { write: ['notes:write'] } }],
]

describe.each(gates)('%s', (_name, gate) => {
  // Without a parser, Fastify has no body to check.
  const named = deployments.filter(
    ({ name }) => gate.toolScopes === undefined || !name.startsWith('fastify without'),
  )
  let hosts: readonly RunningHost[] = []
  beforeAll(async () => {
    hosts = await Promise.all(
      named.map(({ listener }) => listen((origin) => listener(servers, { ...gatedBy(origin), ...gate }))),
    )
  })
  afterAll(() => Promise.all(hosts.map((host) => host.close())))

  test(
    'L-14 L-20 O-09 no body from a client with a token causes a server error, whatever parser read it first',
    async () => {
      for (const [index, { name }] of named.entries()) {
        for (const request of requests) {
          const { origin } = hosts[index] as RunningHost
          const status = await statusOf(origin, request)
          expect([name, request, status, status < 500]).toEqual([name, request, status, true])
          expect([name, await statusOf(origin, call)]).toEqual([name, 200])
        }
      }
    },
    patience,
  )

  test(
    'L-20 O-09 no HTTP method causes a server error',
    async () => {
      for (const [index, { name }] of named.entries()) {
        for (const method of METHODS.filter((one) => !['GET', 'CONNECT'].includes(one))) {
          const { origin } = hosts[index] as RunningHost
          const { status } = await sendRaw(`${origin}/mcp`, { method, headers: { ...call.headers } })
          expect([name, method, status, status < 500 || status === 501]).toEqual([name, method, status, true])
        }
      }
    },
    patience,
  )

  test(
    'L-14 L-20 O-09 an invalid call is refused, and the next one succeeds',
    async () => {
      const property = fc.asyncProperty(
        fc.nat({ max: named.length - 1 }),
        fc.constantFrom(...requests),
        mutations,
        async (index, request, changes) => {
          const { origin } = hosts[index] as RunningHost
          const status = await statusOf(origin, mutate(request, changes))
          expect([named[index]?.name, status, status < 500 || status === 501]).toEqual([
            named[index]?.name,
            status,
            true,
          ])
          expect(await statusOf(origin, call)).toBe(200)
        },
      )
      await fc.assert(property, runs(300))
    },
    patience,
  )
})
