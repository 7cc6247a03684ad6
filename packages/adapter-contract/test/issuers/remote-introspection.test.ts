import { getRequestListener } from '@hono/node-server'
import { dispatch, IntrospectionTokenVerifier, RemoteAuthProvider, type Route } from '@tollgate/auth-core'
import { testClock } from '@tollgate/auth-testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { listen } from '../harness/listen.js'
import { notesProvider } from '../harness/notes-app.js'
import {
  callMcp,
  newTokens,
  postForm,
  type RegisteredClient,
  refreshForm,
  register,
  type Tokens,
} from '../harness/oauth-driver.js'
import { digest, secret } from '../harness/static-clients.js'

const setups = hosts.flatMap((host) => (['jwt', 'opaque'] as const).map((format) => ({ ...host, format })))

/** Two servers: one issues tokens, the other serves the resource and introspects every token. */
describe.each(setups)('$name, which introspects $format tokens at their issuer', ({ start, format }) => {
  const now = testClock()
  const elsewhere = 'https://elsewhere.example/mcp'
  let isDown = false
  let server: RunningHost
  let resource: RunningHost
  let client: RegisteredClient

  beforeAll(async () => {
    let routes: readonly Route[] = []
    server = await listen(() =>
      getRequestListener((request) => {
        if (isDown) return new Response('<h1>Bad gateway</h1>', { status: 502 })
        return dispatch(routes, request) ?? new Response(null, { status: 404 })
      }),
    )
    resource = await start((origin) => ({
      provider: new RemoteAuthProvider({
        baseUrl: origin,
        authorizationServers: [server.origin],
        tokenVerifier: new IntrospectionTokenVerifier({
          introspectionUrl: `${server.origin}/introspect`,
          clientId: 'notes-server',
          clientSecret: secret,
          issuer: server.origin,
          requiredScopes: ['notes:read'],
          now,
        }),
      }),
    }))
    const own = `${resource.origin}/mcp`
    routes = notesProvider(server.origin, {
      now,
      accessTokenFormat: format,
      resources: [own, elsewhere],
      clients: [{ client_id: 'notes-server', secrets: [{ digest }], introspects: [own] }],
    }).getRoutes()
    client = await register(server.origin)
  })
  afterAll(() => Promise.all([server, resource].map((running) => running.close())))

  const tokensFor = (audience: string) => newTokens(server.origin, client, { resource: audience })

  test('A-33 I-04 I-08 I-09 a token of any client is valid and identifies its user', async () => {
    const { access_token } = await tokensFor(`${resource.origin}/mcp`)
    const answer = await callMcp(resource.origin, access_token)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({
      clientId: client.client_id,
      subject: 'alice',
      scopes: ['notes:read'],
      resource: `${resource.origin}/mcp`,
    })
  })

  test('A-07 I-04 I-07 a token for another resource, an unknown token and a refresh token are refused', async () => {
    const { access_token } = await tokensFor(elsewhere)
    const { refresh_token } = await tokensFor(`${resource.origin}/mcp`)
    for (const wrong of [access_token, refresh_token, 'unknown', 'x'.repeat(43)])
      expect((await callMcp(resource.origin, wrong)).status).toBe(401)
  })

  test('H-05 I-03 a token is refused at once after its revocation or a refresh replay', async () => {
    const first = await tokensFor(`${resource.origin}/mcp`)
    expect((await callMcp(resource.origin, first.access_token)).status).toBe(200)
    const form = { token: first.refresh_token, client_id: client.client_id }
    await postForm(`${server.origin}/revoke`, form)
    expect((await callMcp(resource.origin, first.access_token)).status).toBe(401)

    const second = await tokensFor(`${resource.origin}/mcp`)
    const refresh = () => postForm(`${server.origin}/token`, refreshForm(client, second.refresh_token))
    const next = (await (await refresh()).json()) as Tokens
    expect((await callMcp(resource.origin, next.access_token)).status).toBe(200)
    now.advance(30)
    await refresh()
    expect((await callMcp(resource.origin, next.access_token)).status).toBe(401)
  })

  test('A-17 I-08 while the endpoint is down the verdict is 503, and afterwards the token is valid', async () => {
    const { access_token } = await tokensFor(`${resource.origin}/mcp`)
    isDown = true
    const outage = await callMcp(resource.origin, access_token)
    isDown = false
    expect(outage.status).toBe(503)
    expect(outage.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(outage.headers.get('www-authenticate')).toBeNull()
    expect((await callMcp(resource.origin, access_token)).status).toBe(200)
  })
})
