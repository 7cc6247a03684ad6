import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mcpAuthRouter } from '@tollgate/auth-express'
import express, { type Express } from 'express'
import { expect, test } from 'vitest'
import { ProviderWithStatus } from '../src/own-route.js'
import { app, auth } from '../src/own-token-endpoint.js'
import { options } from '../src/your-options.js'

async function during(listener: Express, check: (origin: string) => Promise<void>): Promise<void> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await check(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test('metadata names the token endpoint that the application mounts', () =>
  during(app, async (origin) => {
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
  return during(listener, async (origin) => {
    expect(await (await fetch(`${origin}/api/status`)).json()).toEqual({ ok: true })
  })
})
