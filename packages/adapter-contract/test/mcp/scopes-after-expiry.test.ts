import {
  JWTVerifier,
  MultiAuth,
  memoryStore,
  type OAuthProvider,
  RemoteAuthProvider,
  type RoutedProvider,
} from '@tollgate/auth-core'
import { createTestIssuer, testClock } from '@tollgate/auth-testing'
import { afterEach, describe, expect, test } from 'vitest'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { type NotesAppOptions, notesProvider } from '../harness/notes-app.js'
import { callMcp, newTokens, type RegisteredClient, register } from '../harness/oauth-driver.js'

const scopeOf = (answer: Response) =>
  /scope="([^"]*)"/.exec(answer.headers.get('www-authenticate') ?? '')?.[1]
const base = 'notes:read'
const all = 'notes:read notes:write'

describe.each(hosts)('$name', ({ start }) => {
  const now = testClock()
  let host: RunningHost
  let client: RegisteredClient
  afterEach(() => host.close())

  async function startNotes(
    options: NotesAppOptions = {},
    wrap: (server: OAuthProvider) => RoutedProvider = (server) => server,
  ): Promise<OAuthProvider> {
    let server: OAuthProvider | undefined
    host = await start((origin) => {
      server = notesProvider(origin, { now, ...options })
      return { provider: wrap(server) }
    })
    client = await register(host.origin)
    if (server === undefined) throw new Error('the host built nothing')
    return server
  }

  const tokenWith = async (scope: string, resource = `${host.origin}/mcp`) =>
    (await newTokens(host.origin, client, { scope, resource })).access_token

  async function expectChallenge(token: string | undefined, scope: string | undefined): Promise<void> {
    const answer = await callMcp(host.origin, token)
    expect([answer.status, scopeOf(answer)]).toEqual([401, scope])
  }

  test('A-54 the challenge for an expired token asks for the scopes that it had', async () => {
    await startNotes()
    const token = await tokenWith(all)
    expect((await callMcp(host.origin, token)).status).toBe(200)
    const little = await tokenWith(base)
    now.advance(3600)
    await expectChallenge(token, all)
    await expectChallenge(little, base)
    await expectChallenge(undefined, base)
  })

  test.each(['jwt', 'opaque'] as const)(
    'A-54 the challenge for a revoked token (%s) asks for the scopes that it had',
    async (accessTokenFormat) => {
      const server = await startNotes({ accessTokenFormat })
      const token = await tokenWith(all)
      expect((await callMcp(host.origin, token)).status).toBe(200)
      await server.revokeTokens({ clientId: client.client_id })
      await expectChallenge(token, all)
    },
  )

  test('A-54 a sign-in after the challenge grants the previous scopes', async () => {
    await startNotes()
    const token = await tokenWith(all)
    now.advance(3600)
    const scope = scopeOf(await callMcp(host.origin, token))
    const again = await newTokens(host.origin, client, { scope, resource: `${host.origin}/mcp` })
    expect(again).toMatchObject({ scope: all })
  })

  test('A-54 the challenge behind other sources asks for the previous scopes', async () => {
    const machines = await createTestIssuer({ issuer: 'https://machines.test', now })
    const verifiers = new JWTVerifier({ issuer: machines.issuer, fetch: machines.fetch, now })
    await startNotes({}, (server) => new MultiAuth({ server, verifiers }))
    const token = await tokenWith(all)
    now.advance(3600)
    await expectChallenge(token, all)
    // The server does not grant what another issuer granted.
    const audience = `${host.origin}/mcp`
    await expectChallenge(await machines.mint({ audience, scopes: ['notes:write'], expiresIn: -60 }), base)
  })

  test('A-54 the challenge does not ask for a scope that is no longer supported', async () => {
    const store = memoryStore({ now })
    await startNotes({ store, scopesSupported: ['notes:read', 'notes:write', 'notes:share'] })
    const { origin } = host
    const token = await tokenWith('notes:read notes:write notes:share')
    const today = notesProvider(origin, { now, store })
    today.setMcpPath('/mcp')
    const [middleware] = today.getMiddleware()
    now.advance(3600)
    const request = new Request(`${origin}/mcp`, { headers: { authorization: `Bearer ${token}` } })
    const answer = await middleware?.(request, async () => new Response())
    expect(answer === undefined ? undefined : scopeOf(answer)).toBe(all)
  })

  test('A-54 the challenge ignores a token that this server did not issue for this resource', async () => {
    await startNotes({ resources: ['https://elsewhere.test'] })
    const audience = `${host.origin}/mcp`
    const otherIssuer = await createTestIssuer({ issuer: host.origin, now })
    const mine = await tokenWith(all)
    const [header, payload] = mine.split('.')
    const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()) as Record<string, unknown>
    const altered = Buffer.from(JSON.stringify({ ...claims, exp: 1, iat: 0 })).toString('base64url')
    const forged = await Promise.all([
      otherIssuer.mint({ audience, scopes: ['notes:write'], expiresIn: -60 }),
      otherIssuer.mint({ audience, scopes: ['notes:write'], expiresIn: -60, claims: { token_family: 'x' } }),
      otherIssuer.mint({ audience, scopes: ['notes:write'] }),
      otherIssuer.mint({ audience, scopes: ['notes:write'], expiresIn: -60, signedBy: 'none' }),
      tokenWith(all, 'https://elsewhere.test'),
    ])
    for (const token of [...forged, `${header}.${altered}.${mine.split('.')[2]}`, 'x'.repeat(43)])
      await expectChallenge(token, base)
  })

  test('A-54 the challenge ignores a token signed by a removed key', async () => {
    const server = await startNotes()
    const token = await tokenWith(all)
    await server.rotateSigningKey()
    await expectChallenge(token, base)
    now.advance(3600)
    await expectChallenge(token, base)
  })

  test('A-17 A-54 an expired token still gets a 401 while the store is down', async () => {
    const store = memoryStore({ now })
    let isDown = false
    const get: typeof store.get = (key) => (isDown ? Promise.reject(new Error('down')) : store.get(key))
    await startNotes({ store: { ...store, get } })
    const token = await tokenWith(all)
    now.advance(3600)
    isDown = true
    const answer = await callMcp(host.origin, token)
    expect(answer.status).toBe(401)
  })

  test('A-54 the challenge ignores a token of another issuer whoever signed it', async () => {
    const issuer = await createTestIssuer({ now })
    const tokenVerifier = new JWTVerifier({
      issuer: issuer.issuer,
      fetch: issuer.fetch,
      now,
      requiredScopes: [base],
    })
    host = await start((origin) => ({
      provider: new RemoteAuthProvider({
        baseUrl: origin,
        authorizationServers: [issuer.issuer],
        tokenVerifier,
      }),
    }))
    const token = await issuer.mint({ audience: `${host.origin}/mcp`, scopes: ['admin'], expiresIn: -60 })
    await expectChallenge(token, base)
  })

  test('A-03 a server can ask for more scopes at the first sign-in', async () => {
    await startNotes({ challengeScopes: ['notes:write'] })
    await expectChallenge(undefined, all)
    await expectChallenge('invalid', all)
    expect((await callMcp(host.origin, await tokenWith(base))).status).toBe(200)
    const lacking = await callMcp(host.origin, await tokenWith('notes:write'))
    expect([lacking.status, scopeOf(lacking)]).toEqual([403, all])
  })
})
