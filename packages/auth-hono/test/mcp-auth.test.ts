import { type AccessToken, RemoteAuthProvider, StaticTokenVerifier } from '@tollgate/auth-core'
import * as adapter from '@tollgate/auth-hono'
import { type Context, Hono } from 'hono'
import { expect, expectTypeOf, test } from 'vitest'

function newProvider(): RemoteAuthProvider {
  return new RemoteAuthProvider({
    baseUrl: 'https://notes.example',
    authorizationServers: ['https://login.example'],
    tokenVerifier: new StaticTokenVerifier({ tokens: { good: { clientId: 'client-1', subject: 'alice' } } }),
  })
}

test('the package exports these names', () => {
  expect(Object.keys(adapter).sort()).toEqual([
    'getAuth',
    'mcpAuthRoutes',
    'mcpAuthWellKnown',
    'mcpHandler',
    'requireBearerAuth',
    'requireToolScopes',
    'routeHandler',
  ])
})

test('L-25 the token is a typed context variable', async () => {
  expectTypeOf((c: Context) => adapter.getAuth(c)).returns.toEqualTypeOf<AccessToken | undefined>()
  const provider = newProvider()
  const app = new Hono<{ Variables: adapter.AuthVariables }>()
  app.route('/', adapter.mcpAuthRoutes(provider, { mcpPath: '/mcp' }))
  app.all('/mcp', adapter.requireBearerAuth(provider), (c) => {
    expectTypeOf(c.var.auth).toEqualTypeOf<AccessToken>()
    return c.json({ same: adapter.getAuth(c) === c.var.auth, subject: c.var.auth.subject })
  })
  app.get('/open', (c) => c.json({ auth: adapter.getAuth(c) ?? null }))

  const headers = { authorization: 'Bearer good' }
  expect(await (await app.request('/mcp', { headers })).json()).toEqual({ same: true, subject: 'alice' })
  expect(await (await app.request('/open', { headers })).json()).toEqual({ auth: null })
})

test('L-13 a response keeps headers of other middleware and wins where both set one', async () => {
  const provider = newProvider()
  const touch = async (c: Context, next: () => Promise<void>) => {
    c.header('x-request-id', '7')
    c.header('cache-control', 'public')
    await next()
  }
  const app = new Hono()
  app.use(touch)
  app.route('/', adapter.mcpAuthRoutes(provider, { mcpPath: '/mcp' }))
  app.all('/mcp', adapter.requireBearerAuth(provider), (c) => c.text('ok'))
  const refused = await app.request('/mcp')
  expect(refused.status).toBe(401)
  expect(refused.headers.get('x-request-id')).toBe('7')
  expect(refused.headers.get('cache-control')).toBe('no-store')
})

test('L-10 L-03 a response with immutable headers gets those of the gate', async () => {
  const provider = newProvider()
  provider.setMcpPath('/mcp')
  const app = new Hono()
  app.all('/mcp', adapter.requireBearerAuth(provider), () => Response.redirect('https://notes.example/mcp/'))
  const headers = { authorization: 'Bearer good', origin: 'https://page.example' }
  const response = await app.request('/mcp', { headers })
  expect(response.status).toBe(302)
  expect(response.headers.get('vary')).toBe('Authorization')
  expect(response.headers.get('access-control-allow-origin')).toBe('*')
})

test('L-10 L-03 without Node, responses vary by Authorization in addition to the application’s Vary', async () => {
  const provider = newProvider()
  const app = new Hono()
  app.route('/', adapter.mcpAuthRoutes(provider, { mcpPath: '/mcp' }))
  app.get('/mcp', adapter.requireBearerAuth(provider), (c) =>
    c.text('ok', 200, { vary: 'Accept-Language', 'access-control-allow-origin': 'https://app.example' }),
  )
  app.post('/mcp', adapter.requireBearerAuth(provider), (c) => c.text('ok'))
  const headers = { authorization: 'Bearer good', origin: 'https://app.example' }
  const [own, none] = await Promise.all(
    ['GET', 'POST'].map(async (method) => (await app.request('/mcp', { method, headers })).headers),
  )
  expect(own?.get('vary')).toBe('Accept-Language, Authorization')
  expect(own?.get('access-control-allow-origin')).toBe('https://app.example')
  expect(none?.get('vary')).toBe('Authorization')
  expect(none?.get('access-control-allow-origin')).toBe('*')
})

test('L-18 a gate created before the routes is refused with a fix', () => {
  expect(() => adapter.requireBearerAuth(newProvider())).toThrow(/MCP path/)
  expect(() => adapter.requireBearerAuth(newProvider(), { mcpPath: '/mcp' })).not.toThrow()
})
