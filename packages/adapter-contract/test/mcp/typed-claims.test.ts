import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { McpServer as McpServerV2 } from '@modelcontextprotocol/server'
import { type AccessToken, accessTokenOf, JWTVerifier, RemoteAuthProvider } from '@tollgate/auth-core'
import { getAuth as currentAuth } from '@tollgate/auth-core/context'
import * as forExpress from '@tollgate/auth-express'
import * as forFastify from '@tollgate/auth-fastify'
import * as forHono from '@tollgate/auth-hono'
import { createTestIssuer, testClock } from '@tollgate/auth-testing'
import type { Request as ExpressRequest } from 'express'
import type { FastifyRequest } from 'fastify'
import { type Context, Hono } from 'hono'
import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { expectGateRefusal, expectTokenRefusal } from '../harness/expectations.js'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { listen } from '../harness/listen.js'
import { callTool, deployments, mcpHeaders, resultOf, text } from '../harness/mcp-deployments.js'
import { sendRaw } from '../harness/raw-http.js'

const now = testClock()
const login = await createTestIssuer({ issuer: 'https://login.example', now })

/** Where the schema of a tenant looks the tenant up. */
const directory = { isDown: false }

const claims = z.object({
  tenant: z.string().refine((tenant) => {
    if (directory.isDown) throw new Error('the directory is down')
    return tenant !== 'closed'
  }),
  plan: z.enum(['free', 'paid']).default('free'),
  seats: z.coerce.number().optional(),
})

interface Output {
  tenant: string
  plan: 'free' | 'paid'
  seats?: number | undefined
}

function newProvider(origin: string) {
  return new RemoteAuthProvider({
    baseUrl: origin,
    authorizationServers: [login.issuer],
    tokenVerifier: new JWTVerifier({ issuer: login.issuer, jwks: login.jwks(), claims, now }),
  })
}

type Provider = ReturnType<typeof newProvider>

const mint = (origin: string, said: Record<string, unknown>) =>
  login.mint({ audience: `${origin}/mcp`, claims: said })

describe.each(hosts)('$name', ({ start }) => {
  const called: string[] = []
  let host: RunningHost
  beforeAll(async () => {
    host = await start((origin) => ({
      provider: newProvider(origin),
      onCall: (token) => called.push(token),
    }))
  })
  beforeEach(() => {
    called.length = 0
  })
  afterAll(() => host.close())

  async function call(said: Record<string, unknown>) {
    const authorization = `Bearer ${await mint(host.origin, said)}`
    return sendRaw(`${host.origin}/mcp`, { headers: { authorization } })
  }

  test.each([
    ['no tenant', {}],
    ['a tenant that is no text', { tenant: 7 }],
    ['an unknown plan', { tenant: 'acme', plan: 'gold' }],
    ['seats that are no number', { tenant: 'acme', seats: 'many' }],
    ['a tenant that the schema knows better', { tenant: 'closed' }],
  ])('A-07 a token with %s is invalid', async (_, said) => {
    const challenge = `Bearer resource_metadata="${host.origin}/.well-known/oauth-protected-resource/mcp"`
    expectTokenRefusal(await call(said), 401, 'invalid_token', challenge)
    expect(called).toEqual([])
    expect((await call({ tenant: 'acme' })).status).toBe(200)
  })

  test('A-17 a schema that throws is an outage', async () => {
    directory.isDown = true
    const answer = await call({ tenant: 'acme' })
    directory.isDown = false
    expectGateRefusal(answer, 503, 'temporarily_unavailable', undefined)
    expect(answer.body).not.toContain('directory')
    expect((await call({ tenant: 'acme' })).status).toBe(200)
  })
})

/** The token as a tool reads it in each possible way, typed as the schema's output. */
function told(authInfo: unknown, provider: Provider) {
  const given: AccessToken<Output> | undefined = accessTokenOf(authInfo, provider)
  const current: AccessToken<Output> | undefined = currentAuth(provider)
  return text(JSON.stringify({ given: given?.claims, current: current?.claims }))
}

function serversOf(provider: Provider) {
  return {
    v1: () => {
      const server = new McpServerV1({ name: 'test', version: '0' })
      server.registerTool('told', {}, (extra) => told(extra.authInfo, provider))
      return server
    },
    v2: () => {
      const server = new McpServerV2({ name: 'test', version: '0' })
      server.registerTool('told', {}, (ctx) => told(ctx.http?.authInfo, provider))
      return server
    },
  }
}

describe.each(deployments)('$name', ({ listener }) => {
  test('A-33 L-25 a tool reads the claims as the schema parsed them', async () => {
    const host = await listen((origin) => {
      const provider = newProvider(origin)
      return listener(serversOf(provider), { provider })
    })
    const said = { tenant: 'acme', seats: '12', unknown: 'x' }
    const authorization = `Bearer ${await mint(host.origin, said)}`
    const answer = await resultOf(
      await callTool(host.origin, 'told', { headers: { ...mcpHeaders, authorization } }),
    )
    await host.close()
    const output = { tenant: 'acme', plan: 'free', seats: 12 }
    expect(JSON.parse(answer ?? '')).toEqual({ given: output, current: output })
  })
})

test('L-25 getAuth has the provider’s type on every framework', async () => {
  const provider = newProvider('https://notes.example')
  provider.setMcpPath('/mcp')
  type Expected = AccessToken<Output> | undefined
  expectTypeOf((request: ExpressRequest) =>
    forExpress.getAuth(request, provider),
  ).returns.toExtend<Expected>()
  expectTypeOf((request: FastifyRequest) =>
    forFastify.getAuth(request, provider),
  ).returns.toExtend<Expected>()
  expectTypeOf((c: Context) => forHono.getAuth(c, provider)).returns.toExtend<Expected>()

  // Hono tells a handler the types of the gate in front of it.
  const app = new Hono()
  app.get('/mcp', forHono.requireBearerAuth(provider), (c) => {
    expectTypeOf(c.get('auth')).toExtend<AccessToken<Output>>()
    return c.json({ plan: c.var.auth.claims.plan })
  })
  app.get(
    '/open',
    forHono.requireBearerAuth(provider, { dangerouslyAllowAnonymousEverything: true }),
    (c) => {
      expectTypeOf(c.get('auth')).toExtend<Expected>()
      // @ts-expect-error an anonymous request has no token
      void (() => c.get('auth').claims)
      return c.json({ plan: c.get('auth')?.claims.plan ?? null })
    },
  )
  const authorization = `Bearer ${await mint('https://notes.example', { tenant: 'acme', plan: 'paid' })}`
  const plansOf = async (headers: Record<string, string>) =>
    Promise.all(['/mcp', '/open'].map(async (path) => (await app.request(path, { headers })).text()))
  expect(await plansOf({ authorization })).toEqual(['{"plan":"paid"}', '{"plan":"paid"}'])
  expect(await plansOf({})).toEqual(['', '{"plan":null}'])
})
