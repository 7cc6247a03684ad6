import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createTestIssuer } from '@tollgate/auth-testing'
import type { Express } from 'express'
import { afterEach, expect, test, vi } from 'vitest'
import { app as after } from '../src/migration/sdk-v1-after.js'
import { app as before } from '../src/migration/sdk-v1-before.js'
import { app as withGateOfSdk } from '../src/migration/sdk-v1-gate.js'
import { auth as withOwnVerifier } from '../src/migration/sdk-v1-verifier.js'
import { provider } from '../src/migration/your-sdk-v1-server.js'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

/** The response of an application on a loopback port. */
async function responseOf(app: Express, path: string, init?: RequestInit): Promise<Response> {
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, init)
  const body = await response.arrayBuffer()
  server.closeAllConnections()
  server.close()
  return new Response(body, response)
}

const authorizationServer = '/.well-known/oauth-authorization-server'
const resource = '/.well-known/oauth-protected-resource/mcp'

test.each([
  [authorizationServer, ['issuer', 'authorization_endpoint', 'token_endpoint', 'scopes_supported']],
  [authorizationServer, ['registration_endpoint', 'code_challenge_methods_supported']],
  [resource, ['resource', 'authorization_servers', 'scopes_supported']],
])('after the migration from SDK v1, %s has the same %j', async (path, members) => {
  const [old, current] = await Promise.all(
    [before, after].map(
      async (app) => (await responseOf(app, path)).json() as Promise<Record<string, unknown>>,
    ),
  )
  for (const member of members) expect([member, current?.[member]]).toEqual([member, old?.[member]])
})

test('after the migration from SDK v1, a call without a token is still refused with 401', async () => {
  for (const app of [before, after]) {
    const refusal = await responseOf(app, '/mcp', { method: 'POST' })
    expect(refusal.status).toBe(401)
    const challenge = refusal.headers.get('www-authenticate')
    expect(challenge).toContain(`resource_metadata="https://notes.example.com${resource}"`)
    expect(challenge).toContain('scope="notes:read"')
  }
})

const call = (token: string): RequestInit => ({
  method: 'POST',
  headers: {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  },
  body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami' } }),
})

test('the gate of SDK v1 accepts the tokens of a Tollgate provider, and no others', async () => {
  const issuer = await createTestIssuer({ issuer: 'https://login.example.com' })
  const mint = (audience: string) => issuer.mint({ audience, subject: 'alice', scopes: ['notes:read'] })
  const { fetch } = globalThis
  vi.stubGlobal('fetch', (url: string, init?: RequestInit) =>
    String(url).startsWith(issuer.issuer) ? issuer.fetch(url, init) : fetch(url, init),
  )
  const accepted = await responseOf(withGateOfSdk, '/mcp', call(await mint('https://api.example.com/mcp')))
  expect(await accepted.text()).toContain('alice')
  const other = await mint('https://other.example.com/mcp')
  expect((await responseOf(withGateOfSdk, '/mcp', call(other))).status).toBe(401)
})

test('a verifier of SDK v1 goes on in a TokenVerifier', async () => {
  expect(await withOwnVerifier.verifyToken('t')).toMatchObject({ clientId: 'client-1', subject: 'alice' })
  const { InvalidTokenError } = await import('@modelcontextprotocol/sdk/server/auth/errors.js')
  const verify = vi
    .spyOn(provider, 'verifyAccessToken')
    .mockRejectedValueOnce(new InvalidTokenError('unknown'))
  expect(await withOwnVerifier.verifyToken('t')).toBeNull()
  verify.mockRejectedValueOnce(new TypeError('no network'))
  await expect(withOwnVerifier.verifyToken('t')).rejects.toThrow('no network')
})

test('the JWTVerifier of the FastMCP page accepts an RS256 token for the resource alone', async () => {
  const issuer = await createTestIssuer({ issuer: 'https://login.example.com', algorithm: 'RS256' })
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json(issuer.jwks())))
  const { auth } = await import('../src/migration/fastmcp-jwt.js')
  const mint = async (audience: string) =>
    auth.verifyToken(await issuer.mint({ audience, scopes: ['notes:read'], header: { typ: 'JWT' } }))
  expect(await mint('https://api.example.com/mcp')).toMatchObject({ scopes: ['notes:read'] })
  expect(await mint('https://other.example.com/mcp')).toBeNull()
})
