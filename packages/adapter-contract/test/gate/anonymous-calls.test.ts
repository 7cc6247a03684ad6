import { RemoteAuthProvider, StaticTokenVerifier } from '@tollgate/auth-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expectGateRefusal, expectTokenRefusal } from '../harness/expectations.js'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { listen } from '../harness/listen.js'
import { nodeApps, webApps } from '../harness/mcp-deployments.js'
import { type RawRequest, sendRaw } from '../harness/raw-http.js'

/** A server whose gate lets anonymous requests pass. Some of its tools need a token. */
const app = (called: string[]) => (origin: string) => ({
  provider: new RemoteAuthProvider({
    baseUrl: origin,
    authorizationServers: ['https://login.example'],
    tokenVerifier: new StaticTokenVerifier({
      requiredScopes: ['notes:read'],
      tokens: {
        reader: { clientId: 'client-1', scopes: ['notes:read'] },
        writer: { clientId: 'client-1', scopes: ['notes:read', 'notes:write'] },
        poor: { clientId: 'client-1', scopes: [] },
      },
    }),
  }),
  gate: { dangerouslyAllowAnonymousEverything: true },
  toolScopes: { add_note: ['notes:write'], whoami: [] },
  onCall: (token: string) => called.push(token),
})

function toolCall(name: string, id = 1) {
  return { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: {} } }
}

describe.each(hosts)('$name', ({ name, start }) => {
  const called: string[] = []
  let host: RunningHost
  let metadata: string

  beforeAll(async () => {
    host = await start(app(called))
    metadata = `Bearer resource_metadata="${host.origin}/.well-known/oauth-protected-resource/mcp"`
  })
  beforeEach(() => {
    called.length = 0
  })
  afterAll(() => host.close())

  function call(authorization: string | string[] | undefined, body: unknown = {}, request: RawRequest = {}) {
    return sendRaw(`${host.origin}/mcp`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(authorization === undefined ? {} : { authorization }),
      },
      body: JSON.stringify(body),
      ...request,
    })
  }

  test.each([undefined, '', 'Basic dXNlcjpwYXNz', 'DPoP abc'])(
    'A-48 A-04 without a bearer token (%s) a request passes as anonymous',
    async (authorization) => {
      const answer = await call(authorization)
      expect([answer.status, JSON.parse(answer.body)]).toEqual([200, {}])
      expect(called).toEqual([''])
    },
  )

  test('A-48 A-30 a valid token passes and identifies its caller', async () => {
    const answer = await call('Bearer reader')
    expect(JSON.parse(answer.body)).toMatchObject({ clientId: 'client-1', scopes: ['notes:read'] })
    expect((await call(undefined)).body).toBe('{}')
    expect(called).toEqual(['reader', ''])
  })

  test.each(['GET', 'HEAD', 'DELETE'])('A-48 an anonymous %s passes', async (method) => {
    expect((await sendRaw(`${host.origin}/mcp`, { method })).status).toBe(200)
    expect(
      (await sendRaw(`${host.origin}/mcp`, { method, headers: { authorization: 'Bearer x' } })).status,
    ).toBe(401)
    expect(called).toEqual([''])
  })

  test.each([
    ['Bearer bad', 401, 'invalid_token'],
    ['Bearer', 401, 'invalid_token'],
    ['Bearer a"b', 401, 'invalid_token'],
    ['Bearer reader reader', 400, 'invalid_request'],
    [['Bearer reader', 'Bearer reader'], 400, 'invalid_request'],
    [['Basic dXNlcjpwYXNz', 'Bearer bad'], 400, 'invalid_request'],
    ['Bearer poor', 403, 'insufficient_scope'],
  ])('A-48 A-06 A-07 A-23 credentials of %j are refused', async (authorization, status, error) => {
    expectTokenRefusal(await call(authorization), status, error, `${metadata}, scope="notes:read"`)
    expect(called).toEqual([])
  })

  test('A-48 A-28 a token in the query or in a form does not count', async () => {
    const query = await sendRaw(`${host.origin}/mcp?access_token=reader`, { method: 'GET' })
    expect([query.status, query.body]).toEqual([200, '{}'])
    const form = await sendRaw(`${host.origin}/mcp`, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'access_token=reader',
    })
    // However a framework treats forms, the request has no caller.
    if (form.status === 200) expect(form.body).toBe('{}')
    expect(called).not.toContain('reader')
  })

  test('A-48 L-10 a response varies by Authorization with and without a token', async () => {
    for (const authorization of [undefined, 'Bearer reader']) {
      expect((await call(authorization)).headers['vary']).toMatch(/\bauthorization\b/i)
    }
  })

  // Without a framework, nothing reads the body for the check.
  if (name === 'fetch') return

  test.each([
    ['a tool with scopes', toolCall('add_note'), 'notes:read notes:write'],
    ['a tool that needs a token and no more', toolCall('whoami'), 'notes:read'],
    ['a batch', [toolCall('list_notes'), toolCall('add_note', 2)], 'notes:read notes:write'],
  ])('A-48 A-01 A-02 A-24 an anonymous call of %s gets a 401 with all scopes', async (_, body, scope) => {
    expectGateRefusal(await call(undefined, body), 401, undefined, `${metadata}, scope="${scope}"`)
    expect(called).toEqual([])
    expect((await call('Bearer writer', body)).status).toBe(200)
  })

  test('A-48 an anonymous call of another tool passes', async () => {
    expect((await call(undefined, toolCall('list_notes'))).status).toBe(200)
    expect(called).toEqual([''])
  })

  test('A-48 A-23 a token without the scopes of a tool gets 403', async () => {
    const challenge = `${metadata}, scope="notes:read notes:write"`
    const answer = await call('Bearer reader', toolCall('add_note'))
    expectTokenRefusal(answer, 403, 'insufficient_scope', challenge)
    expect((await call('Bearer reader', toolCall('whoami'))).status).toBe(200)
  })
})

/** An MCP server whose response is cacheable and has its own Vary. */
const publicServer = {
  fetch: async () =>
    Response.json({}, { headers: { vary: 'Accept', 'cache-control': 'public, max-age=60' } }),
}

describe.each([...nodeApps, ...webApps])('a response that %s may cache', (_, deploy) => {
  let host: RunningHost
  beforeAll(async () => {
    host = await listen((origin) => deploy(publicServer, { ...app([])(origin), toolScopes: {} }))
  })
  afterAll(() => host.close())

  test('A-48 L-10 a cacheable response varies by Authorization whatever Vary the MCP server sends', async () => {
    const answer = await sendRaw(`${host.origin}/mcp`, { method: 'GET' })
    expect(answer.status).toBe(200)
    expect(answer.headers['vary']).toMatch(/\baccept\b/i)
    expect(answer.headers['vary']).toMatch(/\bauthorization\b/i)
  })
})
