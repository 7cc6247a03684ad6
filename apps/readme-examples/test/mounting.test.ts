import type { RequestListener } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { checkMount } from '@tollgate/auth-core'
import { mcpAuthRouter } from '@tollgate/auth-express'
import express from 'express'
import { expect, test } from 'vitest'
import { ProviderWithStatus } from '../src/own-route.js'
import { app, auth } from '../src/own-token-endpoint.js'
import { options } from '../src/your-options.js'
import { whileListening } from './harness/listening.js'

const prefixed: Record<string, () => Promise<RequestListener>> = {
  express: async () => (await import('../src/prefix-express.js')).app,
  fastify: async () => {
    const { app } = await import('../src/prefix-fastify.js')
    await app.ready()
    return (request, response) => app.routing(request, response)
  },
  hono: async () => getRequestListener((await import('../src/prefix-hono.js')).app.fetch),
}

test.each(Object.entries(prefixed))(
  'B-24 L-18 %s below a prefix is reachable at every public URL',
  async (_name, app) => {
    const { auth } = await import('../src/prefix-auth.js')
    await whileListening(await app(), async (origin) => {
      const fetchLocally = (url: string, init: RequestInit) =>
        fetch(url.replace('https://example.com', origin), init)
      expect((await checkMount(auth, { fetch: fetchLocally })).problems).toEqual([])
    })
  },
)

test('B-24 the server behind-a-proxy is found at its public URL and counts the addresses that the proxy names', async () => {
  const { app } = await import('../src/behind-a-proxy.js')
  await whileListening(app, async (origin) => {
    const discovery = await fetch(`${origin}/.well-known/oauth-authorization-server/apps/notes`)
    expect(await discovery.json()).toMatchObject({ issuer: 'https://example.com/apps/notes' })
    expect((await fetch(`${origin}/apps/notes/mcp`, { method: 'POST' })).status).toBe(401)

    const registerFrom = async (address: string) => {
      const response = await fetch(`${origin}/apps/notes/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
        body: JSON.stringify({ redirect_uris: ['https://client.example/cb'] }),
      })
      return response.status
    }
    for (let count = 0; count < 30; count++) expect(await registerFrom('203.0.113.1')).toBe(201)
    expect(await registerFrom('203.0.113.1')).toBe(429)
    expect(await registerFrom('203.0.113.2')).toBe(201)
  })
})

test('each endpoint of several-endpoints has metadata and scopes of its own', async () => {
  const { app } = await import('../src/several-endpoints.js')
  await whileListening(app, async (origin) => {
    const challengeOf = async (path: string) =>
      (await fetch(`${origin}${path}`, { method: 'POST' })).headers.get('www-authenticate')
    expect(await challengeOf('/mcp')).toMatch(/oauth-protected-resource\/mcp", scope="notes:read"$/)
    expect(await challengeOf('/admin/mcp')).toMatch(
      /oauth-protected-resource\/admin\/mcp", scope="notes:write"$/,
    )
  })
})

test('metadata names the token endpoint that the application mounts', () =>
  whileListening(app, async (origin) => {
    const discovery = await fetch(`${origin}/.well-known/oauth-authorization-server/api`)
    const { token_endpoint: url } = (await discovery.json()) as { token_endpoint: string }
    expect(url).toBe(`${auth.baseUrl}/oauth/token`)
    const body = new URLSearchParams({ grant_type: 'refresh_token', client_id: 'nobody' })
    const response = await fetch(`${origin}${new URL(url).pathname}`, { method: 'POST', body })
    expect(await response.json()).toMatchObject({ error: 'invalid_client' })
  }))

test('a provider serves a route of the application', () => {
  const provider = new ProviderWithStatus(options as ConstructorParameters<typeof ProviderWithStatus>[0])
  const listener = express()
  listener.use(mcpAuthRouter(provider, { mcpPath: '/mcp' }))
  return whileListening(listener, async (origin) => {
    expect(await (await fetch(`${origin}/api/status`)).json()).toEqual({ ok: true })
  })
})
