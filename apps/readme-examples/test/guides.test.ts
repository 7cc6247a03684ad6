import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { checkMount, dispatch, type OAuthProvider } from '@tollgate/auth-core'
import { expect, test, vi } from 'vitest'
import { logger } from '../src/your-options.js'

/** A port of this machine that stands for the public origin. */
async function during(listener: RequestListener, check: (origin: string) => Promise<void>): Promise<void> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await check(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

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
  'B-24 L-18 %s below a prefix is reached at every public URL',
  async (_name, app) => {
    const { auth } = await import('../src/prefix-auth.js')
    await during(await app(), async (origin) => {
      const fetchLocally = (url: string, init: RequestInit) =>
        fetch(url.replace('https://example.com', origin), init)
      expect(await checkMount(auth, { fetch: fetchLocally })).toEqual([])
    })
  },
)

const redirectUri = 'https://client.example/cb'

/** Registers a client, and answers its id. */
async function register(provider: OAuthProvider<never>): Promise<string> {
  const answer = await dispatch(
    provider.getRoutes('/mcp'),
    new Request('https://example.com/api/register', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris: [redirectUri], client_name: 'Notizbuch <3' }),
    }),
  )
  const { client_id } = ((await answer?.json()) ?? {}) as { client_id?: string }
  return client_id ?? ''
}

test('C-29 C-30 the own consent page asks in its own words, and escapes those of the client', async () => {
  const { auth } = await import('../src/own-consent-page.js')
  const query = new URLSearchParams({
    client_id: await register(auth),
    redirect_uri: redirectUri,
    response_type: 'code',
    code_challenge: 'x'.repeat(43),
    code_challenge_method: 'S256',
  })
  const shown = await dispatch(
    auth.getRoutes('/mcp'),
    new Request(`https://example.com/api/authorize?${query}`),
  )
  expect(shown?.status).toBe(200)
  const page = await shown?.text()
  expect(page).toContain('<h1>Notizbuch &#60;3 möchte deine Notizen benutzen</h1>')
  expect(page).toContain('<p>Du kommst zurück zu: client.example</p>')
  expect(page).toMatch(
    /<form method="post" action="\/api\/consent">\n<input type="hidden" name="transaction"/,
  )
})

test('O-05 the listener hears what happens', async () => {
  const info = vi.spyOn(logger, 'info')
  const clientId = await register((await import('../src/events.js')).auth)
  expect(info).toHaveBeenCalledExactlyOnceWith({
    type: 'client.registered',
    clientId,
    requestId: expect.any(String),
  })
})

test('L-23 rate limits of every kind let a first client in', async () => {
  const { behindCdn, behindProxy } = await import('../src/client-address.js')
  for (const provider of [
    (await import('../src/rate-limits.js')).auth,
    (await import('../src/own-rate-limit.js')).auth,
    behindCdn,
    behindProxy,
  ])
    expect(await register(provider)).toMatch(/^[\w-]+$/)
})
