import { RemoteAuthProvider, StaticTokenVerifier, type ToolScopesOptions } from '@tollgate/auth-core'
import * as forExpress from '@tollgate/auth-express'
import * as forFastify from '@tollgate/auth-fastify'
import * as forHono from '@tollgate/auth-hono'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { fromJavaScript } from '../harness/from-javascript.js'
import { listen, type RunningHost } from '../harness/listen.js'
import { callTool, type Gated, mcpHeaders, nodeApps, webApps } from '../harness/mcp-deployments.js'

const called: unknown[] = []
const mcp = {
  async fetch(request: Request, options: { readonly parsedBody?: unknown } = {}) {
    called.push(options.parsedBody ?? (await request.json()))
    return Response.json({})
  },
}

function gatedBy(origin: string): Gated {
  const tokens = { reader: { clientId: 'client-1' }, writer: { clientId: 'client-1', scopes: ['write'] } }
  return {
    provider: new RemoteAuthProvider({
      baseUrl: origin,
      authorizationServers: ['https://login.example'],
      tokenVerifier: new StaticTokenVerifier({ tokens }),
    }),
    gate: { allowAnonymous: { tools: ['search'] } },
    toolScopes: { whoami: [], add_note: ['write'] },
    toolScopesOptions: { refuseUnnamedTools: true },
  }
}

const call = (name: string, id: unknown = 1) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name },
})

// Without a parser, Fastify has no body to check.
const apps = [...nodeApps, ...webApps].filter(([name]) => !name.startsWith('fastify without'))

describe.each(apps)('%s', (_name, deploy) => {
  let host: RunningHost
  beforeAll(async () => {
    host = await listen((origin) => deploy(mcp, gatedBy(origin)))
  })
  beforeEach(() => {
    called.length = 0
  })
  afterAll(() => host.close())

  const send = (body: unknown, token?: string) =>
    callTool(host.origin, '', {
      headers: { ...mcpHeaders, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    })

  test.each([
    ['a tool missing from the table', call('wipe'), 1],
    ['a tool in another case', call('Add_note', 'x'), 'x'],
    ['a tool named like an inherited member', call('constructor'), 1],
    ['a batch with an unnamed tool', [call('whoami', 7), call('wipe', 8)], 8],
    ['a notification that calls a tool', { ...call('wipe'), id: undefined }, null],
    ['a call with an invalid ID', call('wipe', {}), null],
  ])('A-76 %s is refused for every token', async (_, body, id) => {
    const answer = await send(body, 'writer')
    expect(answer.status).toBe(403)
    expect(answer.headers.get('www-authenticate')).toBeNull()
    expect(await answer.json()).toEqual({
      jsonrpc: '2.0',
      error: { code: -32602, message: expect.stringContaining('does not name this tool') },
      id,
    })
    expect(called).toEqual([])
  })

  test('A-76 A-23 a named tool needs its scopes and no more', async () => {
    expect((await send(call('whoami'), 'reader')).status).toBe(200)
    expect((await send(call('add_note'), 'reader')).status).toBe(403)
    expect((await send(call('add_note'), 'writer')).status).toBe(200)
    expect(called).toEqual([call('whoami'), call('add_note')])
  })

  test('A-76 A-48 a public tool can be called with and without a token', async () => {
    for (const token of ['reader', undefined]) expect((await send(call('search'), token)).status).toBe(200)
  })

  test('A-76 messages that call no tool reach the MCP server', async () => {
    const list = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { name: 'wipe' } }
    expect((await send(list, 'reader')).status).toBe(200)
  })
})

test.each([forExpress, forFastify, forHono])(
  'A-76 invalid options are refused at once',
  ({ requireToolScopes }) => {
    const withOptions = (options: unknown) => () =>
      requireToolScopes({ whoami: [] }, fromJavaScript<ToolScopesOptions>(options))
    expect(withOptions({ refuseUnnamed: true })).toThrow(/"refuseUnnamed" is not an option/)
    expect(withOptions({ refuseUnnamedTools: 'yes' })).toThrow(/must be true or false/)
  },
)
