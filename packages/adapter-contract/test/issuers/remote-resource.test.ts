import { getRequestListener } from '@hono/node-server'
import {
  type AuthEvent,
  dispatch,
  JWTVerifier,
  MultiAuth,
  type OAuthProvider,
  RemoteAuthProvider,
  StaticTokenVerifier,
} from '@tollgate/auth-core'
import { mcpAuthRouter } from '@tollgate/auth-express'
import { mcpAuth } from '@tollgate/auth-fastify'
import { mcpAuthRoutes } from '@tollgate/auth-hono'
import { createTestIssuer, testClock } from '@tollgate/auth-testing'
import express5 from 'express'
import express4 from 'express4'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Host, hosts, type RunningHost } from '../harness/hosts.js'
import { listen } from '../harness/listen.js'
import { notesProvider } from '../harness/notes-app.js'
import {
  callMcp,
  codeForm,
  newCode,
  newTokens,
  postForm,
  register,
  type Tokens,
} from '../harness/oauth-driver.js'

/** An authorization server without an MCP endpoint, and so without a gate. */
const authorizationServers: Record<
  string,
  (provider: OAuthProvider) => ReturnType<Parameters<typeof listen>[0]>
> = {
  'express 5': (provider) => express5().use(mcpAuthRouter(provider)),
  'express 4': (provider) => (express4 as typeof express5)().use(mcpAuthRouter(provider)),
  fastify: async (provider) => {
    const app = Fastify()
    await app.register(mcpAuth, { provider })
    await app.ready()
    return (request, response) => app.routing(request, response)
  },
  hono: (provider) => getRequestListener(new Hono().route('/', mcpAuthRoutes(provider)).fetch),
  fetch: (provider) => {
    const routes = provider.getRoutes()
    return getRequestListener((request) => dispatch(routes, request) ?? new Response(null, { status: 404 }))
  },
}

describe.each(Object.entries(authorizationServers))('an authorization server on %s', (_, listenerOf) => {
  async function startResource(host: Host, issuer: string): Promise<RunningHost> {
    return host.start((origin) => ({
      provider: new RemoteAuthProvider({
        baseUrl: origin,
        authorizationServers: [issuer],
        tokenVerifier: new JWTVerifier({ issuer, requiredScopes: ['notes:read'], now }),
      }),
    }))
  }

  let server: RunningHost
  let resources: RunningHost[]
  const now = testClock()

  beforeAll(async () => {
    let serve: ReturnType<(typeof authorizationServers)[string]> | undefined
    server = await listen(() => async (request, response) => (await serve)?.(request, response))
    resources = await Promise.all(hosts.map((host) => startResource(host, server.origin)))
    const identifiers = resources.map(({ origin }) => `${origin}/mcp`)
    serve = listenerOf(notesProvider(server.origin, { resources: identifiers, now }))
  })
  afterAll(async () => {
    await Promise.all([server, ...resources].map((running) => running.close()))
  })

  async function tokensFor(resource: string): Promise<Tokens> {
    return newTokens(server.origin, await register(server.origin), { resource })
  }

  test('A-01 A-36 B-01 B-15 A-11 a client discovers the way from the resource to an accepted token', async () => {
    for (const { origin } of resources) {
      const refused = await callMcp(origin, undefined)
      const location =
        /resource_metadata="([^"]+)"/.exec(refused.headers.get('www-authenticate') ?? '')?.[1] ?? ''
      const { resource, authorization_servers } = (await (await fetch(location)).json()) as {
        resource: string
        authorization_servers: string[]
      }
      expect(authorization_servers).toEqual([server.origin])
      const client = await register(authorization_servers[0] ?? '')
      const code = await newCode(server.origin, client, { resource })
      const form = { ...codeForm(client, code), resource }
      const { access_token } = (await (await postForm(`${server.origin}/token`, form)).json()) as Tokens
      const answer = await callMcp(origin, access_token)
      expect(answer.status).toBe(200)
      expect(await answer.json()).toEqual({
        clientId: client.client_id,
        subject: 'alice',
        scopes: ['notes:read'],
        resource,
      })
    }
  })

  test('A-08 a token for one resource is refused by all others of the same server', async () => {
    const [first, ...others] = resources
    const { access_token } = await tokensFor(`${first?.origin}/mcp`)
    expect((await callMcp(first?.origin ?? '', access_token)).status).toBe(200)
    for (const { origin } of others) {
      const answer = await callMcp(origin, access_token)
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"')
    }
  })

  test('A-08 a request that names no resource gets no token', async () => {
    const client = await register(server.origin)
    const refused = newCode(server.origin, client)
    await expect(refused).rejects.toThrow(/invalid_target/)
  })

  test('A-12 an expired token is refused once clock skew cannot explain it', async () => {
    const [resource] = resources
    const { access_token } = await tokensFor(`${resource?.origin}/mcp`)
    const statuses: number[] = []
    for (const seconds of [3600 + 29, 2]) {
      now.advance(seconds)
      statuses.push((await callMcp(resource?.origin ?? '', access_token)).status)
    }
    expect(statuses).toEqual([200, 401])
  })
})

describe.each(hosts)('a resource server on $name', (host) => {
  test('A-17 A-18 without keys the verdict is 503, and with cached keys no fetch is needed', async () => {
    const clock = testClock()
    let isDown = true
    let serve: Awaited<ReturnType<(typeof authorizationServers)[string]>> | undefined
    const server = await listen(() => (request, response) => {
      if (isDown) response.writeHead(502).end('<h1>Bad gateway</h1>')
      else serve?.(request, response)
    })
    const resource = await host.start((origin) => ({
      provider: new RemoteAuthProvider({
        baseUrl: origin,
        authorizationServers: [server.origin],
        tokenVerifier: new JWTVerifier({ issuer: server.origin, now: clock }),
      }),
    }))
    serve = await authorizationServers['fetch']?.(
      notesProvider(server.origin, { resources: [`${resource.origin}/mcp`], now: clock }),
    )
    isDown = false
    const { access_token } = await newTokens(server.origin, await register(server.origin))
    isDown = true

    const outage = await callMcp(resource.origin, access_token)
    const nonsense = await callMcp(resource.origin, 'nonsense')
    isDown = false
    clock.advance(10)
    const answered = await callMcp(resource.origin, access_token)
    isDown = true
    clock.advance(700)
    const remembered = await callMcp(resource.origin, access_token)
    await Promise.all([server.close(), resource.close()])

    expect(outage.status).toBe(503)
    expect(outage.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(outage.headers.get('www-authenticate')).toBeNull()
    expect(nonsense.status).toBe(401)
    expect([answered.status, remembered.status]).toEqual([200, 200])
  })
})

const clock = testClock()
const machines = await createTestIssuer({ issuer: 'https://machines.example', now: clock })

describe.each(hosts)('several sources of tokens on $name', ({ start }) => {
  let host: RunningHost
  let isDown = false
  const events: AuthEvent[] = []
  const rejections = () => events.splice(0).filter(({ type }) => type === 'token.rejected')

  beforeAll(async () => {
    host = await start((origin) => {
      const onEvent = (event: AuthEvent) => events.push(event)
      const unreliable = new StaticTokenVerifier({
        tokens: { spare: { clientId: 'spare', scopes: ['notes:read'] } },
        now: clock,
      })
      const verifyToken = unreliable.verifyToken.bind(unreliable)
      Object.assign(unreliable, {
        verifyToken: (...given: Parameters<typeof verifyToken>) =>
          isDown ? Promise.reject(new Error('unreachable')) : verifyToken(...given),
      })
      return {
        provider: new MultiAuth({
          server: notesProvider(origin, { now: clock, onEvent }),
          verifiers: [
            unreliable,
            new JWTVerifier({ issuer: machines.issuer, jwks: machines.jwks(), now: clock, onEvent }),
          ],
        }),
      }
    })
  })
  afterAll(() => host.close())

  /** A token of a machine, for this host by default. */
  function machineToken(audience = `${host.origin}/mcp`): Promise<string> {
    return machines.mint({ audience, subject: 'robot', scopes: ['notes:read'] })
  }

  test('A-47 tokens of every source are accepted, and the server’s metadata is served', async () => {
    const client = await register(host.origin)
    const { access_token } = await newTokens(host.origin, client)
    const machine = await machineToken()
    const answers = [access_token, machine, 'spare'].map(async (token) =>
      (await callMcp(host.origin, token)).json(),
    )
    expect(await Promise.all(answers)).toEqual([
      expect.objectContaining({ subject: 'alice', clientId: client.client_id }),
      expect.objectContaining({ subject: 'robot', clientId: 'test-client' }),
      expect.objectContaining({ clientId: 'spare' }),
    ])
    // A token unknown to one source causes no event while another accepts it.
    expect(rejections()).toEqual([])
    const refused = await callMcp(host.origin, undefined)
    expect(refused.headers.get('www-authenticate')).toContain(
      `${host.origin}/.well-known/oauth-protected-resource/mcp`,
    )
  })

  test('D-21 A-33 a user of another issuer whose ID equals a client ID is not that client', async () => {
    const claims = { client_id: undefined }
    const token = await machines.mint({
      audience: `${host.origin}/mcp`,
      subject: 'billing',
      scopes: ['notes:read'],
      claims,
    })
    const answer = await callMcp(host.origin, token)
    expect(await answer.json()).toMatchObject({ subject: 'billing', clientId: 'unknown' })
  })

  test('A-08 A-47 O-05 a token that no source accepts is refused, and its event names the source', async () => {
    for (const [token, reasons] of [
      ['unknown', ['not_a_jwt', 'not_a_jwt']],
      [await machineToken('https://other.example'), ['issuer', 'audience']],
    ] as const) {
      const answer = await callMcp(host.origin, token)
      expect(answer.status).toBe(401)
      // Each source names itself, and nothing of the token.
      const rejected = rejections()
      expect(rejected).toMatchObject([
        { type: 'token.rejected', reason: reasons[0], issuer: host.origin },
        { type: 'token.rejected', reason: 'unknown' },
        { type: 'token.rejected', reason: reasons[1], issuer: machines.issuer },
      ])
      expect(rejected).toHaveLength(3)
      expect(JSON.stringify(rejected)).not.toContain('other.example')
      expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"')
    }
  })

  test('A-17 A-47 while one source is down, tokens of the others pass, and the rest are an outage', async () => {
    isDown = true
    const machine = await callMcp(host.origin, await machineToken())
    const unknown = await callMcp(host.origin, 'unknown')
    isDown = false
    expect(machine.status).toBe(200)
    expect(unknown.status).toBe(503)
    expect(unknown.headers.get('www-authenticate')).toBeNull()
  })
})
