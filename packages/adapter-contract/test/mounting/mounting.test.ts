import { getRequestListener } from '@hono/node-server'
import { checkMount, dispatch } from '@tollgate/auth-core'
import { createBearerGate, fromWebRequest, toWebResponse } from '@tollgate/auth-core/adapter'
import * as forExpress from '@tollgate/auth-express'
import * as forFastify from '@tollgate/auth-fastify'
import * as forHono from '@tollgate/auth-hono'
import { describe, expect, test, vi } from 'vitest'
import { adminPath, frameworks, type Mounted, mcpPath } from '../harness/frameworks.js'
import { fastifyHost, hosts } from '../harness/hosts.js'
import { listen, type RunningHost } from '../harness/listen.js'
import { notesApp, notesProvider } from '../harness/notes-app.js'
import {
  authorizationUrl,
  Browser,
  codeForm,
  postForm,
  register,
  type Tokens,
} from '../harness/oauth-driver.js'
import { sendRaw } from '../harness/raw-http.js'
import { strippingProxy } from '../harness/stripping-proxy.js'

interface AuthorizationServerDocument {
  readonly issuer: string
  readonly authorization_endpoint: string
  readonly token_endpoint: string
  readonly registration_endpoint: string
}

/** Discovers as a client does: from the resource to its metadata, to the server, to a token. */
async function discover(resource: string): Promise<AuthorizationServerDocument> {
  const refused = await fetch(resource, { method: 'POST' })
  expect(refused.status).toBe(401)
  const location =
    /resource_metadata="([^"]+)"/.exec(refused.headers.get('www-authenticate') ?? '')?.[1] ?? ''
  const document = (await (await fetch(location)).json()) as {
    resource: string
    authorization_servers: string[]
  }
  expect(document.resource).toBe(resource)
  const issuer = new URL(document.authorization_servers[0] ?? '')
  const path = issuer.pathname.replace(/\/$/, '')
  const metadata = await fetch(`${issuer.origin}/.well-known/oauth-authorization-server${path}`)
  expect(metadata.status).toBe(200)
  const server = (await metadata.json()) as AuthorizationServerDocument
  expect(server.issuer).toBe(document.authorization_servers[0])
  return server
}

/** A token for a resource, by a complete sign-in along the discovered URLs. */
async function tokenFor(resource: string): Promise<string> {
  const server = await discover(resource)
  const base = server.token_endpoint.replace(/\/token$/, '')
  expect(server.registration_endpoint).toBe(`${base}/register`)
  const client = await register(base)
  const browser = new Browser('alice')
  const page = await browser.open(authorizationUrl(base, client, { resource }))
  expect(page.status).toBe(200)
  const html = await page.text()
  const { origin } = new URL(resource)
  const location = (await browser.answer(origin, html, 'allow')).headers.get('location') ?? ''
  const code = new URL(location).searchParams.get('code') ?? ''
  const form = { ...codeForm(client, code), resource }
  const tokens = (await (await postForm(server.token_endpoint, form)).json()) as Tokens
  return tokens.access_token
}

async function call(resource: string, token: string): Promise<number> {
  const answer = await fetch(resource, { method: 'POST', headers: { authorization: `Bearer ${token}` } })
  await answer.body?.cancel()
  return answer.status
}

async function during(running: Promise<RunningHost>, check: (origin: string) => Promise<void>) {
  const host = await running
  try {
    await check(host.origin)
  } finally {
    await host.close()
  }
}

describe.each(hosts)('$name', ({ start }) => {
  test('L-18 B-24 an application under a prefix has its discovery at the root', () =>
    during(
      start((origin) => ({ provider: notesProvider(origin, { baseUrl: `${origin}/api` }) })),
      async (origin) => {
        expect(await call(`${origin}/api/mcp`, await tokenFor(`${origin}/api/mcp`))).toBe(200)
        const preflight = await sendRaw(`${origin}/api/mcp`, { method: 'OPTIONS' })
        expect(preflight.status).toBe(204)
        for (const path of ['/token', '/mcp', '/api/.well-known/oauth-authorization-server'])
          expect((await sendRaw(origin + path)).status, path).toBe(404)
      },
    ))

  test('L-17 L-18 an application behind a prefix-stripping proxy keeps its public URLs', () =>
    during(
      strippingProxy('/api', (publicOrigin) =>
        start(() => ({
          provider: notesProvider(publicOrigin, { baseUrl: `${publicOrigin}/api` }),
          mount: { mcpPath: '/mcp', basePath: '' },
        })),
      ),
      async (origin) => {
        expect(await call(`${origin}/api/mcp`, await tokenFor(`${origin}/api/mcp`))).toBe(200)
      },
    ))

  test('L-04 L-18 the MCP endpoint can have another base than the authorization server', () =>
    during(
      start((origin) => ({
        provider: notesProvider(origin, { baseUrl: `${origin}/auth`, resourceBaseUrl: `${origin}/v1` }),
      })),
      async (origin) => {
        expect(await call(`${origin}/v1/mcp`, await tokenFor(`${origin}/v1/mcp`))).toBe(200)
        const preflight = await sendRaw(`${origin}/v1/mcp`, { method: 'OPTIONS' })
        expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([204, '*'])
        for (const path of ['/auth/mcp', '/mcp', '/v1/token'])
          expect((await sendRaw(origin + path, { method: 'OPTIONS' })).status, path).toBe(404)
      },
    ))

  test('L-18 an application can move an endpoint to keep a path for itself', () =>
    during(
      start((origin) => ({
        provider: notesProvider(origin, { endpoints: { register: 'oauth/register', token: '/oauth/token' } }),
      })),
      async (origin) => {
        const document = await discover(`${origin}/mcp`)
        expect(document.registration_endpoint).toBe(`${origin}/oauth/register`)
        expect(document.token_endpoint).toBe(`${origin}/oauth/token`)
        expect((await sendRaw(`${origin}/register`)).status).toBe(404)
        expect((await sendRaw(`${origin}/token`)).status).toBe(404)
        const client = await register(`${origin}/oauth`)
        expect(client.client_id).toMatch(/^[\w-]+$/)
        expect((await postForm(`${origin}/oauth/token`, { client_id: client.client_id })).status).toBe(400)
      },
    ))

  test('L-18 paths match literally, including case and slashes', () =>
    during(start(notesApp()), async (origin) => {
      for (const path of ['/Token', '/token/', '//token', '/token/x', '/x/token'])
        expect((await sendRaw(origin + path)).status, path).toBe(404)
    }))
})

describe.each(frameworks)('$name', ({ subApplication, twoPaths, sideBySide }) => {
  test('B-24 L-18 a sub-application under a prefix works with its discovery at the root', () =>
    during(
      listen((origin) => subApplication(notesProvider(origin, { baseUrl: `${origin}/api` }))(origin)),
      async (origin) => {
        expect(await call(`${origin}/api/mcp`, await tokenFor(`${origin}/api/mcp`))).toBe(200)
        expect((await sendRaw(`${origin}/api/mcp`, { method: 'OPTIONS' })).status).toBe(204)
      },
    ))

  test('A-08 A-34 L-18 each of several MCP paths accepts its own tokens only', () =>
    during(
      listen((origin) => twoPaths(notesProvider(origin))(origin)),
      async (origin) => {
        const [mcp, admin] = [`${origin}/mcp`, `${origin}/admin/mcp`]
        const [mcpToken, adminToken] = [await tokenFor(mcp), await tokenFor(admin)]
        const statuses = [
          await call(mcp, mcpToken),
          await call(admin, adminToken),
          await call(mcp, adminToken),
          await call(admin, mcpToken),
          // Again, now that both are cached.
          await call(admin, mcpToken),
          await call(mcp, mcpToken),
        ]
        expect(statuses).toEqual([200, 200, 401, 401, 401, 200])
      },
    ))

  /** Two issuers of one process, which sees them at `/one` and `/two`, as the public does below the prefix. */
  function issuers(publicOrigin: string, prefix: string): Mounted[] {
    return ['/one', '/two'].map((basePath) => ({
      provider: notesProvider(publicOrigin, { baseUrl: publicOrigin + prefix + basePath }),
      basePath,
    }))
  }

  test.each([
    { where: 'at the root', prefix: '' },
    { where: 'behind a proxy that strips a prefix', prefix: '/apps' },
  ])(
    'A-08 A-34 B-02 L-17 L-18 several issuers in one process $where refuse each other’s tokens',
    async ({ prefix }) => {
      const mounted: Mounted[] = []
      const running = strippingProxy(prefix, (publicOrigin) => {
        mounted.push(...issuers(publicOrigin, prefix))
        return listen(sideBySide(mounted))
      })
      await during(running, async (origin) => {
        const [one, two] = [`${origin}${prefix}/one/mcp`, `${origin}${prefix}/two/mcp`]
        const [tokenOfOne, tokenOfTwo] = [await tokenFor(one), await tokenFor(two)]
        const statuses = [
          await call(one, tokenOfOne),
          await call(two, tokenOfTwo),
          await call(one, tokenOfTwo),
          await call(two, tokenOfOne),
        ]
        expect(statuses).toEqual([200, 200, 401, 401])
        // The root belongs to neither of them.
        for (const path of ['oauth-protected-resource', 'oauth-authorization-server'])
          expect((await sendRaw(`${origin}/.well-known/${path}`, { method: 'GET' })).status, path).toBe(404)
        for (const { provider } of mounted) expect((await checkMount(provider)).problems).toEqual([])
      })
    },
  )

  test('L-18 checkMount finds issuers that ignore the proxy that strips their prefix', async () => {
    const mounted: Mounted[] = []
    const running = strippingProxy('/apps', (publicOrigin) => {
      for (const { provider } of issuers(publicOrigin, '/apps'))
        mounted.push({ provider, basePath: new URL(provider.baseUrl ?? '').pathname })
      return listen(sideBySide(mounted))
    })
    await during(running, async () => {
      for (const { provider } of mounted) {
        const token = `${provider.baseUrl}/token`
        const remedy = expect.stringContaining('set basePath to what is left of it')
        expect((await checkMount(provider)).problems).toContainEqual(
          expect.objectContaining({ url: token, remedy }),
        )
      }
    })
  })

  test('A-08 a gate on one of several paths is refused at once until it names its path', () => {
    const provider = notesProvider('https://rs.example')
    provider.setMcpPath(mcpPath)
    provider.setMcpPath(adminPath)
    for (const gate of [forExpress, forFastify, forHono])
      expect(() => gate.requireBearerAuth(provider)).toThrow(/"mcpPath"/)
  })
})

test('L-18 an application without a framework can have several MCP paths', () =>
  during(
    listen((origin) => {
      const provider = notesProvider(origin)
      provider.setMcpPath(mcpPath)
      provider.setMcpPath(adminPath)
      const routes = [...provider.getRoutes(mcpPath), ...provider.getRoutes(adminPath)]
      const gates = new Map(
        [mcpPath, adminPath].map((path) => [path, createBearerGate(provider, { mcpPath: path })]),
      )
      return getRequestListener(async (request) => {
        const answer = dispatch(routes, request)
        if (answer !== undefined) return answer
        const gate = gates.get(new URL(request.url).pathname)
        if (gate === undefined) return new Response(null, { status: 404 })
        const { refusal } = await gate.authenticate(fromWebRequest(request).header('authorization'))
        return refusal === undefined ? Response.json('ok') : toWebResponse(refusal)
      })
    }),
    async (origin) => {
      const token = await tokenFor(`${origin}/admin/mcp`)
      expect(await call(`${origin}/admin/mcp`, token)).toBe(200)
      expect(await call(`${origin}/mcp`, token)).toBe(401)
    },
  ))

test.each([
  { ignoreTrailingSlash: true },
  { routerOptions: { ignoreTrailingSlash: true } },
  { ignoreTrailingSlash: true, routerOptions: { caseSensitive: false } },
  { routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true } },
])('L-18 L-19 fastify starts when its router reads two paths as one (%j)', async (options) => {
  // Fastify 5 prefers the spelling with routerOptions and warns once.
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  await during(fastifyHost('fastify', () => {}, options).start(notesApp()), async (origin) => {
    for (const path of ['oauth-protected-resource/mcp', 'oauth-authorization-server']) {
      const [plain, slashed] = await Promise.all(
        ['', '/'].map((slash) => fetch(`${origin}/.well-known/${path}${slash}`)),
      )
      expect([plain?.status, slashed?.status]).toEqual([200, 200])
      expect(await slashed?.text()).toBe(await plain?.text())
    }
    expect(await call(`${origin}/mcp`, await tokenFor(`${origin}/mcp`))).toBe(200)
  })
  for (const call of warn.mock.calls) expect(call).toContain('FSTDEP022')
  warn.mockRestore()
})
