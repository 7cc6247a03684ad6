import { getRequestListener } from '@hono/node-server'
import { RemoteAuthProvider, StaticTokenVerifier } from '@tollgate/auth-core'
import { getAuth, requireBearerAuth } from '@tollgate/auth-hono'
import { type Context, Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listen, type RunningHost } from '../harness/listen.js'

/** A protected application within another one that sends requests to it. */
function innerApp() {
  const provider = new RemoteAuthProvider({
    baseUrl: 'https://notes.example',
    authorizationServers: ['https://login.example'],
    tokenVerifier: new StaticTokenVerifier({
      tokens: { alice: { clientId: 'alice' }, bob: { clientId: 'bob' } },
    }),
  })
  const app = new Hono()
  app.use('/mcp', requireBearerAuth(provider, { mcpPath: '/mcp' }))
  app.all('/mcp', (c) => c.text(getAuth(c)?.clientId ?? 'nobody'))
  return app
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** Reports the response of the inner application beside that of the outer one. */
async function report(c: Context, inner: Response | Promise<Response>): Promise<Response> {
  const answer = await inner
  return c.json({ status: answer.status, vary: answer.headers.get('vary'), body: await answer.text() })
}

describe('hono on the node server', () => {
  let host: RunningHost
  beforeAll(async () => {
    const inner = innerApp()
    const app = new Hono()
    app.get('/as-bob', (c) =>
      report(c, inner.fetch(new Request('http://x/mcp', { headers: bearer('bob') }), c.env)),
    )
    app.get('/as-nobody', (c) => report(c, inner.request('/mcp', {}, c.env)))
    app.get('/copied', (c) => report(c, inner.fetch(new Request('http://x/mcp', c.req.raw), c.env)))
    app.use('/replaced/*', async (c, next) => {
      c.req.raw = new Request(c.req.raw, { headers: bearer('bob') })
      await next()
    })
    app.route('/replaced', inner)
    app.use('/set/*', async (c, next) => {
      c.req.raw.headers.set('authorization', 'Bearer bob')
      await next()
    })
    app.route('/set', inner)
    app.use('/removed/*', async (c, next) => {
      c.req.raw.headers.delete('authorization')
      await next()
    })
    app.route('/removed', inner)
    app.mount('/mounted', inner.fetch)
    app.route('/', inner)
    host = await listen(() => getRequestListener(app.fetch))
  })
  afterAll(() => host.close())

  const ask = (path: string, token?: string) =>
    fetch(host.origin + path, { headers: token === undefined ? {} : bearer(token) })

  test.each(['alice', 'bad', undefined])(
    'A-30 a request inside one of %s passes by its own token',
    async (outer) => {
      const answer = await ask('/as-bob', outer)
      expect(await answer.json()).toMatchObject({ status: 200, body: 'bob' })
    },
  )

  test('A-30 A-01 a request without a token is refused, whatever token the outer request has', async () => {
    const answer = await ask('/as-nobody', 'alice')
    expect(await answer.json()).toMatchObject({ status: 401 })
    expect(await (await ask('/copied', 'alice')).json()).toMatchObject({ status: 200, body: 'alice' })
  })

  test('A-30 a request changed by middleware is read as changed', async () => {
    expect(await (await ask('/replaced/mcp', 'alice')).text()).toBe('bob')
    expect(await (await ask('/set/mcp', 'alice')).text()).toBe('bob')
    expect((await ask('/removed/mcp', 'alice')).status).toBe(401)
    expect(await (await ask('/mcp', 'alice')).text()).toBe('alice')
  })

  test('A-30 A-07 a mounted application reads the token of its request', async () => {
    expect(await (await ask('/mounted/mcp', 'alice')).text()).toBe('alice')
    expect((await ask('/mounted/mcp', 'bad')).status).toBe(401)
    expect((await ask('/mounted/mcp')).status).toBe(401)
  })

  test('L-10 only the response to the authenticated request varies by Authorization', async () => {
    const around = await ask('/as-bob', 'alice')
    expect(around.headers.get('vary')).toBeNull()
    expect(await around.json()).toMatchObject({ vary: expect.stringMatching(/authorization/i) })
    for (const path of ['/mcp', '/mounted/mcp', '/replaced/mcp']) {
      expect((await ask(path, 'alice')).headers.get('vary'), path).toMatch(/authorization/i)
    }
  })
})
