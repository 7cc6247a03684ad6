import { connect } from 'node:net'
import { type AuthProviderLike, JWTVerifier, RemoteAuthProvider } from '@tollgate/auth-core'
import { createTestIssuer, testClock } from '@tollgate/auth-testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { expectGateRefusal, expectTokenRefusal } from '../harness/expectations.js'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp } from '../harness/notes-app.js'
import { callMcp, newTokens, postForm, register } from '../harness/oauth-driver.js'
import { type RawAnswer, type RawRequest, sendRaw } from '../harness/raw-http.js'

const now = testClock()
const login = await createTestIssuer({ issuer: 'https://login.example', now })

/** A resource server of `login` with required scopes. */
function resourceServer(origin: string, requiredScopes: string[]): RemoteAuthProvider {
  return new RemoteAuthProvider({
    baseUrl: origin,
    authorizationServers: [login.issuer],
    tokenVerifier: new JWTVerifier({ issuer: login.issuer, jwks: login.jwks(), requiredScopes, now }),
  })
}

describe.each(hosts)('$name', ({ start }) => {
  const called: string[] = []
  let host: RunningHost
  let challenge: string

  beforeAll(async () => {
    host = await start((origin) => ({
      provider: resourceServer(origin, ['notes:read', 'notes:write']),
      onCall: (token) => called.push(token),
    }))
    challenge = `Bearer resource_metadata="${host.origin}/.well-known/oauth-protected-resource/mcp", scope="notes:read notes:write"`
  })
  beforeEach(() => {
    called.length = 0
  })
  afterAll(() => host.close())

  /** A valid token for this host, with some changes. */
  function token(claims: Record<string, unknown> = {}, signedBy?: 'otherKey'): Promise<string> {
    return login.mint({
      audience: `${host.origin}/mcp`,
      subject: 'alice',
      clientId: 'client-1',
      scopes: ['notes:read', 'notes:write'],
      claims,
      signedBy,
    })
  }

  function call(authorization: string | string[] | undefined, request: RawRequest = {}, query = '') {
    return sendRaw(`${host.origin}/mcp${query}`, {
      ...request,
      headers: {
        'content-type': 'application/json',
        ...(authorization === undefined ? {} : { authorization }),
        ...request.headers,
      },
      body: request.body ?? '{"jsonrpc":"2.0","id":1,"method":"ping"}',
    })
  }

  function expectRefusal(...expected: Parameters<typeof expectGateRefusal>) {
    expectGateRefusal(...expected)
    expect(called).toEqual([])
  }

  function expectBadToken(answer: RawAnswer) {
    expectTokenRefusal(answer, 401, 'invalid_token', challenge)
    expect(called).toEqual([])
  }

  test('A-01 A-07 A-31 no request passes because a library replaced the global Promise', async () => {
    const deprecations: Error[] = []
    const listener = (error: Error) => void deprecations.push(error)
    // Express 5 prints this once for handlers with another promise than the global one.
    process.on('deprecation', listener)
    vi.stubGlobal('Promise', class Replaced<T> extends Promise<T> {})
    try {
      expectRefusal(await call(undefined), 401, undefined, challenge)
      expectBadToken(await call('Bearer made-up'))
      expect((await call(`Bearer ${await token()}`)).status).toBe(200)
    } finally {
      vi.unstubAllGlobals()
      process.off('deprecation', listener)
    }
    for (const { message } of deprecations) expect(message).toContain('use a native Promise')
  })

  test('A-01 A-02 A-03 A-31 L-24 a request without a token gets a 401 that names the metadata and no error', async () => {
    expectRefusal(await call(undefined), 401, undefined, challenge)
  })

  test('A-03 A-31 a gate without required scopes names no scope', async () => {
    const open = await start((origin) => ({ provider: resourceServer(origin, []) }))
    const answer = await sendRaw(`${open.origin}/mcp`)
    await open.close()
    expect(answer.headers['www-authenticate']).toBe(
      `Bearer resource_metadata="${open.origin}/.well-known/oauth-protected-resource/mcp"`,
    )
  })

  test.each(['Basic dXNlcjpwYXNz', 'DPoP abc', 'Bearerabc', 'Digest username="Bearer"', ''])(
    'A-04 credentials %j of another scheme count as no token',
    async (authorization) => {
      expectRefusal(await call(authorization), 401, undefined, challenge)
    },
  )

  test.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('A-05 the scheme %s is accepted', async (scheme) => {
    const good = await token()
    const answer = await call(`${scheme} ${good}`)
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.body)).toEqual({
      clientId: 'client-1',
      subject: 'alice',
      scopes: ['notes:read', 'notes:write'],
      resource: `${host.origin}/mcp`,
    })
    expect(called).toEqual([good])
  })

  test.each(['Bearer', 'Bearer ', 'Bearer a"b', 'Bearer a=b', 'Bearer =', 'Bearer \xe4', 'Bearer a\tb'])(
    'A-06 the header %j has no readable token',
    async (authorization) => {
      const answer = await call(authorization)
      expectBadToken(answer)
      expect(answer.body).toContain('malformed')
    },
  )

  test('A-06 L-16 two tokens in one request are refused wherever they appear', async () => {
    const good = await token()
    for (const authorization of [
      `Bearer ${good} ${good}`,
      `Bearer ${good}, Bearer ${good}`,
      [`Bearer ${good}`, `Bearer ${good}`],
      [`Bearer ${good}`, 'Bearer other'],
      [`Bearer ${good}`, 'Basic dXNlcjpwYXNz'],
      ['Basic dXNlcjpwYXNz', `Bearer ${good}`],
    ]) {
      const answer = await call(authorization)
      const value = `${challenge}, error="invalid_request", error_description="The bearer token is malformed."`
      expectRefusal(answer, 400, 'invalid_request', value)
    }
  })

  test('A-07 A-08 A-09 every token that is invalid for this resource gets the same 401', async () => {
    const bodies = new Set<string>()
    for (const bad of [
      'nonsense',
      'a.b.c',
      `${(await token()).slice(0, -4)}AAAA`,
      await token({}, 'otherKey'),
      await token({ exp: now() - 120 }),
      await token({ iss: 'https://login.example/' }),
      await token({ aud: 'https://other.example/mcp' }),
      await token({ aud: host.origin }),
      await token({ aud: `${host.origin}/` }),
      await token({ aud: `${host.origin}/mcp/` }),
      await token({ aud: `${host.origin}/mcp/more` }),
      await token({ aud: [] }),
      await token({ aud: undefined }),
    ]) {
      const answer = await call(`Bearer ${bad}`)
      expectBadToken(answer)
      bodies.add(answer.body)
    }
    expect(bodies.size).toBe(1)
  })

  test('A-07 a revoked token is refused at once', async () => {
    const issuing = await start(notesApp())
    const client = await register(issuing.origin)
    const { access_token } = await newTokens(issuing.origin, client)
    const before = await callMcp(issuing.origin, access_token)
    await postForm(`${issuing.origin}/revoke`, { token: access_token, client_id: client.client_id })
    const after = await callMcp(issuing.origin, access_token)
    await issuing.close()
    expect([before.status, after.status]).toEqual([200, 401])
    expect(after.headers.get('www-authenticate')).toContain('error="invalid_token"')
  })

  test('A-08 the gate of one of several resources accepts only tokens of that resource', async () => {
    const several = await start((origin) => ({
      provider: resourceServer(origin, []),
      mount: { mcpPath: ['/mcp', '/admin/mcp'] },
      gate: { mcpPath: '/admin/mcp' },
    }))
    const statuses: number[] = []
    for (const path of ['/admin/mcp', '/mcp', '/admin', '']) {
      const authorization = `Bearer ${await login.mint({ audience: several.origin + path })}`
      statuses.push((await sendRaw(`${several.origin}/admin/mcp`, { headers: { authorization } })).status)
    }
    await several.close()
    expect(statuses).toEqual([200, 401, 401, 401])
  })

  test('A-10 a token with several audiences passes if one matches, in any spelling of the host', async () => {
    const upper = `${host.origin.replace('localhost', 'LOCALHOST')}/mcp`
    for (const aud of [['https://other.example', `${host.origin}/mcp`], upper]) {
      expect((await call(`Bearer ${await token({ aud })}`)).status).toBe(200)
    }
  })

  test('A-20 a token over 16 KiB is refused before it is decoded', async () => {
    const huge = await token({ padding: 'x'.repeat(17 * 1024) })
    expectBadToken(await call(`Bearer ${huge}`))
    const large = await token({ padding: 'x'.repeat(8 * 1024) })
    expect((await call(`Bearer ${large}`)).status).toBe(200)
  })

  test.each(['', 'notes:read', 'notes:write', 'notes', 'notes:readnotes:write', 'NOTES:READ NOTES:WRITE'])(
    'A-23 A-24 A-26 a valid token with the scope %j gets a 403 with every required scope in order',
    async (scope) => {
      const answer = await call(`Bearer ${await token({ scope })}`)
      const description = 'The access token lacks a scope that this operation needs.'
      const value = `${challenge}, error="insufficient_scope", error_description="${description}"`
      expectRefusal(answer, 403, 'insufficient_scope', value)
    },
  )

  test('A-28 a token in the query does not count', async () => {
    const query = `?access_token=${await token()}`
    expectRefusal(await call(undefined, {}, query), 401, undefined, challenge)
    expectRefusal(await call(undefined, { method: 'GET' }, query), 401, undefined, challenge)
  })

  test.each(['GET', 'HEAD', 'POST', 'DELETE'])('A-30 L-24 every %s request needs a token', async (method) => {
    const session = { 'mcp-session-id': 'a-session-that-is-authenticated' }
    expectRefusal(await call(undefined, { method, headers: session }), 401, undefined, challenge)
    expect((await call(`Bearer ${await token()}`, { method, headers: session })).status).toBe(200)
    expect(called).toHaveLength(1)
    called.length = 0
    expectRefusal(await call(undefined, { method, headers: session }), 401, undefined, challenge)
    const bad = await call('Bearer nonsense', { method, headers: session })
    expect(bad.status).toBe(401)
    expect(bad.headers['www-authenticate']).toMatch(/^Bearer .*error="invalid_token"/)
    expect(bad.headers['content-type']).toBe('application/json')
    expect(called).toEqual([])
  })

  test('A-31 a request is refused before its body arrives', async () => {
    const { port } = new URL(host.origin)
    const socket = connect(Number(port), '127.0.0.1')
    const head = `POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${await token({ exp: now() - 120 })}\r\n`
    socket.write(`${head}Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{"jsonrpc":`)
    const [status] = String(await new Promise((resolve) => socket.once('data', resolve))).split('\r\n')
    socket.destroy()
    expect(status).toBe('HTTP/1.1 401 Unauthorized')
    expect(called).toEqual([])
  })

  test('A-43 A-44 A-45 L-12 a challenge is one parsable line whatever its values are', async () => {
    const hostile: AuthProviderLike = {
      requiredScopes: ['needed'],
      verifyToken: () => Promise.resolve(null),
      getChallengeScopes: () => [
        'a"b',
        'c\r\nset-cookie: d=e',
        'f\\"',
        'error="x"',
        'n\u{f6}te',
        'offline_access',
      ],
      getResourceMetadataUrl: () => 'https://rs.example/.well-known/oauth-protected-resource',
    }
    const provider = {
      ...hostile,
      setMcpPath: () => {},
      getRoutes: () => [],
      getWellKnownRoutes: () => [],
    }
    const odd = await start(() => ({ provider, mount: {} }))
    const answer = await sendRaw(`${odd.origin}/mcp`, { headers: { authorization: 'Bearer x' } })
    await odd.close()
    const value = answer.headers['www-authenticate'] ?? ''
    expect(answer.status).toBe(401)
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect(value).toMatch(
      /^Bearer resource_metadata="[^"\\]*", scope="[^"\\]*", error="[^"\\]*", error_description="[^"\\]*"$/,
    )
    expect(value).toMatch(/^[ -~]*$/)
    expect(value).not.toContain('offline_access')
    // As the official client does: the first match of each pattern.
    expect(/error="([^"]+)"/.exec(value)?.[1]).toBe('invalid_token')
    expect(/error_description="([^"]+)"/.exec(value)?.[1]).not.toContain('=')
  })

  test('A-46 L-17 the challenge names the configured URL whatever the Host header says', async () => {
    const headers = {
      host: 'evil.example',
      forwarded: 'host=evil.example;proto=https',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-prefix': '/evil',
      'x-original-url': '/evil',
    }
    expectRefusal(await call(undefined, { headers }), 401, undefined, challenge)
    expectBadToken(await call('Bearer nonsense', { headers }))
    expect((await call(`Bearer ${await token()}`, { headers })).status).toBe(200)
  })

  test.each([
    ['rejects', () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7:443'))],
    [
      'throws',
      () => {
        throw new Error('no such table: tokens')
      },
    ],
    ['returns nothing', () => Promise.resolve(undefined as unknown as null)],
  ])('A-17 L-20 a verifier that %s causes a 503 without a challenge', async (_, verifyToken) => {
    const provider = resourceServer('https://rs.example', [])
    const down = await start(() => ({
      provider: Object.assign(provider, { verifyToken }),
      onCall: (bearer) => called.push(bearer),
    }))
    const answer = await sendRaw(`${down.origin}/mcp`, { headers: { authorization: 'Bearer x' } })
    await down.close()
    expectRefusal(answer, 503, 'temporarily_unavailable', undefined)
    expect(answer.headers['retry-after']).toBe('5')
    expect(answer.body).not.toMatch(/ECONNREFUSED|table/)
  })
})
