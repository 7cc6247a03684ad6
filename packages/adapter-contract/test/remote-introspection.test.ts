import { getRequestListener } from '@hono/node-server'
import { dispatch, IntrospectionTokenVerifier, RemoteAuthProvider } from '@tollgate/auth-core'
import { testClock } from '@tollgate/auth-testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basicOf, secretOf } from './harness/credentials.js'
import { hosts, type RunningHost } from './harness/hosts.js'
import { listen } from './harness/listen.js'
import { notesProvider } from './harness/notes-app.js'
import {
  callMcp,
  codeForm,
  newCode,
  postForm,
  type RegisteredClient,
  register,
  type Tokens,
} from './harness/oauth-driver.js'

// An agent's own backend is client and resource in one: it asks about the tokens that it got itself.
describe.each(hosts)('a resource that asks our introspection endpoint, on $name', ({ start }) => {
  const now = testClock()
  let isDown = false
  let server: RunningHost
  let resource: RunningHost
  let client: RegisteredClient

  beforeAll(async () => {
    let serve: ReturnType<typeof getRequestListener> | undefined
    server = await listen(() => async (request, response) => {
      if (isDown) response.writeHead(502).end('<h1>Bad gateway</h1>')
      else await serve?.(request, response)
    })
    let resources: string[] = []
    const mount = () => {
      const routes = notesProvider(server.origin, { resources, now }).getRoutes()
      serve = getRequestListener(
        (request) => dispatch(routes, request) ?? new Response(null, { status: 404 }),
      )
      return routes
    }
    resource = await start((origin) => {
      resources = [`${origin}/mcp`]
      return {
        provider: new RemoteAuthProvider({
          baseUrl: origin,
          authorizationServers: [server.origin],
          tokenVerifier: {
            requiredScopes: ['notes:read'],
            verifyToken: (token, options) => verifier().verifyToken(token, options),
          },
        }),
      }
    })
    mount()
    client = await register(server.origin, { token_endpoint_auth_method: 'client_secret_basic' })
    const introspection = new IntrospectionTokenVerifier({
      introspectionUrl: `${server.origin}/introspect`,
      clientId: client.client_id,
      clientSecret: secretOf(client),
      issuer: server.origin,
      now,
    })
    verifier = () => introspection
  })
  afterAll(() => Promise.all([server, resource].map((running) => running.close())))

  let verifier: () => IntrospectionTokenVerifier

  async function tokensOf(owner: RegisteredClient): Promise<Tokens> {
    const code = await newCode(server.origin, owner, { resource: `${resource.origin}/mcp` })
    const headers = owner.client_secret === undefined ? {} : basicOf(owner)
    const answer = await postForm(`${server.origin}/token`, codeForm(owner, code), headers)
    return (await answer.json()) as Tokens
  }

  test('A-33 I-08 I-09 an active token is good, and says whose it is', async () => {
    const { access_token } = await tokensOf(client)
    const answer = await callMcp(resource.origin, access_token)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({
      clientId: client.client_id,
      subject: 'alice',
      scopes: ['notes:read'],
      resource: `${resource.origin}/mcp`,
    })
  })

  test('A-07 I-07 tokens that are revoked, foreign, unknown or for refreshing are refused', async () => {
    const { access_token, refresh_token } = await tokensOf(client)
    expect((await callMcp(resource.origin, refresh_token)).status).toBe(401)
    expect((await callMcp(resource.origin, 'unknown')).status).toBe(401)
    const foreign = await tokensOf(await register(server.origin))
    expect((await callMcp(resource.origin, foreign.access_token)).status).toBe(401)
    expect((await callMcp(resource.origin, access_token)).status).toBe(200)
    await postForm(`${server.origin}/revoke`, { token: access_token }, basicOf(client))
    expect((await callMcp(resource.origin, access_token)).status).toBe(401)
  })

  test('A-17 I-08 while the endpoint is down there is no verdict, and then the token is good', async () => {
    const { access_token } = await tokensOf(client)
    isDown = true
    const outage = await callMcp(resource.origin, access_token)
    isDown = false
    expect(outage.status).toBe(503)
    expect(outage.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(outage.headers.get('www-authenticate')).toBeNull()
    expect((await callMcp(resource.origin, access_token)).status).toBe(200)
  })
})
