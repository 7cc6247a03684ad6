import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import {
  type AuthProviderLike,
  type CheckMountOptions,
  checkMount,
  JWTVerifier,
  memoryStore,
  OAuthProvider,
  RemoteAuthProvider,
  type RoutedProvider,
} from '@tollgate/auth-core'
import { describe, expect, test } from 'vitest'
import { frameworks, type Mistakes, mcpPath } from '../harness/frameworks.js'
import { type Host, hosts } from '../harness/hosts.js'
import { listen } from '../harness/listen.js'
import { notesProvider } from '../harness/notes-app.js'

/** The problems found with a provider as mounted. */
async function problemsOf(
  start: (remember: (provider: OAuthProvider) => OAuthProvider) => ReturnType<typeof listen>,
  options?: CheckMountOptions,
) {
  let provider: OAuthProvider | undefined
  const running = await start((made) => {
    provider = made
    return made
  })
  try {
    const { problems } = await checkMount(provider as OAuthProvider, options)
    return problems.map((problem) => ({ ...problem, path: problem.url.replace(running.origin, '') }))
  } finally {
    await running.close()
  }
}

describe.each(hosts)('$name', (host) => {
  const started = (made: (origin: string) => OAuthProvider, mount?: Parameters<Host['start']>[0]) =>
    problemsOf((remember) => host.start(mount ?? ((origin) => ({ provider: remember(made(origin)) }))))

  test('B-24 checkMount finds no problem with an application at the root or under a prefix', async () => {
    expect(await started((origin) => notesProvider(origin))).toEqual([])
    expect(await started((origin) => notesProvider(origin, { baseUrl: `${origin}/api` }))).toEqual([])
    expect(await started((origin) => notesProvider(origin, { issuerUrl: `${origin}/tenant/` }))).toEqual([])
  })

  test('B-24 checkMount changes nothing and sends no client an error', async () => {
    const store = memoryStore()
    let writes = 0
    const counting = {
      ...store,
      set: (...record: Parameters<typeof store.set>) => {
        writes += 1
        return store.set(...record)
      },
    }
    expect(await started((origin) => notesProvider(origin, { store: counting }))).toEqual([])
    expect(writes).toBe(0)
  })

  test('A-02 B-26 checkMount finds a public URL that leads elsewhere', async () => {
    const elsewhere = await listen(() => (_request, response) => {
      response.writeHead(301, { location: 'https://www.notes.example/' }).end()
    })
    const problems = await problemsOf((remember) =>
      host.start(() => ({ provider: remember(notesProvider(elsewhere.origin)) })),
    )
    expect(new Set(problems.map(({ found }) => found))).toEqual(
      new Set(['301 to https://www.notes.example/']),
    )
    expect(problems[0]?.remedy).toContain('Make "baseUrl" the URL')
    await elsewhere.close()
  })
})

describe.each(frameworks)('$name', ({ subApplication, sideBySide }) => {
  const mounted = (mistakes?: Mistakes) =>
    problemsOf((remember) =>
      listen((origin) =>
        subApplication(remember(notesProvider(origin, { baseUrl: `${origin}/api` })), mistakes)(origin),
      ),
    )

  test('B-24 checkMount finds no problem with a sub-application whose discovery is at the root', async () => {
    expect(await mounted()).toEqual([])
  })

  test('B-24 checkMount finds missing discovery at the root and names the fix', async () => {
    const problems = await mounted({ withoutDiscovery: true })
    expect(problems.map(({ path, found }) => [path, found])).toEqual([
      ['/.well-known/oauth-authorization-server/api', '404'],
      ['/.well-known/openid-configuration/api', '404'],
      ['/.well-known/oauth-protected-resource/api/mcp', '404'],
    ])
    for (const { method, url, message, remedy } of problems) {
      expect(remedy).toMatch(
        /Mount mcpAuthWellKnown in the application at the root of http:\/\/localhost:\d+,/,
      )
      expect(message).toBe(`${method} ${url}: 404. ${remedy}`)
    }
  })

  test('L-18 checkMount finds a doubled prefix and names the fix', async () => {
    const problems = await mounted({ withoutBasePath: true })
    expect(new Set(problems.map(({ path }) => path))).toEqual(
      new Set(
        [
          '.well-known/openid-configuration',
          'authorize',
          'consent',
          'token',
          'register',
          'revoke',
          'introspect',
          'jwks',
        ].map((name) => `/api/${name}`),
      ),
    )
    for (const { found, remedy } of problems) {
      expect(found).toBe('404')
      expect(remedy).toContain("basePath: ''")
    }
  })

  test('A-07 checkMount finds an MCP endpoint without its gate', async () => {
    expect(await mounted({ withoutGate: true })).toMatchObject([
      {
        path: '/api/mcp',
        method: 'POST',
        found: '200',
        remedy: expect.stringContaining('requireBearerAuth'),
      },
    ])
  })

  test('B-02 checkMount checks each of several issuers at one origin', async () => {
    const providers: OAuthProvider[] = []
    const running = await listen((origin) => {
      const mounted = ['/one', '/two', '/three'].map((basePath) => {
        const provider = notesProvider(origin, { baseUrl: origin + basePath })
        provider.setMcpPath(mcpPath)
        providers.push(provider)
        return { provider, basePath }
      })
      // The third is not mounted.
      return sideBySide(mounted.slice(0, 2))(origin)
    })
    const [one, two, three] = await Promise.all(providers.map((provider) => checkMount(provider)))
    expect([one?.problems, two?.problems]).toEqual([[], []])
    expect(three?.problems.length).toBeGreaterThan(8)
    expect(new Set(three?.problems.map(({ found }) => found))).toEqual(new Set(['404']))
    await running.close()
  })
})

describe('checkMount at another server', () => {
  async function answeredBy(answer: (request: Request) => Response | Promise<Response>) {
    return problemsOf((remember) =>
      listen((origin) => {
        remember(notesProvider(origin)).setMcpPath(mcpPath)
        return getRequestListener(answer)
      }),
    )
  }

  test('B-21 checkMount finds a single-page application that responds to every path', async () => {
    const page = () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } })
    const problems = await answeredBy(page)
    expect(problems.find(({ path }) => path === '/.well-known/oauth-authorization-server')).toMatchObject({
      found: '200 with another document',
      remedy: expect.stringContaining('before any catch-all route'),
    })
    expect(problems.find(({ path }) => path === '/mcp')).toMatchObject({ found: '200' })
    expect(problems).toHaveLength(11)
  })

  test('B-26 checkMount detects a wrong issuer and a wrong gate', async () => {
    const other = notesProvider('https://other.example')
    const routes = other.getRoutes(mcpPath)
    const problems = await answeredBy(async (request) => {
      const path = new URL(request.url).pathname
      const row = routes.find(({ path: one, methods }) => {
        return one === path && (methods as readonly string[]).includes(request.method)
      })
      if (row !== undefined && request.method !== 'OPTIONS') return row.handler(request)
      const challenge = 'Bearer error="invalid_token", resource_metadata="https://other.example/x"'
      return new Response(null, { status: 401, headers: { 'www-authenticate': challenge } })
    })
    expect(problems.map(({ path, found }) => [path, found])).toEqual([
      ['/.well-known/oauth-authorization-server', '200 with another document'],
      ['/.well-known/openid-configuration', '200 with another document'],
      ['/.well-known/oauth-protected-resource/mcp', '200 with another document'],
      ['/mcp', '401 without the challenge of this resource'],
    ])
  })

  test('checkMount reports an unreachable server with the reason', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    await new Promise((resolve) => server.close(resolve))
    const provider = notesProvider(`http://127.0.0.1:${port}`)
    provider.setMcpPath(mcpPath)
    const { problems } = await checkMount(provider)
    expect(problems.map(({ found }) => found)).toEqual(['nothing (ECONNREFUSED)'])
    expect(problems[0]?.remedy).toContain('pass a "fetch" that can')
  })

  test('checkMount reports a server that does not respond in time', async () => {
    const problems = await problemsOf(
      (remember) =>
        listen((origin) => {
          remember(notesProvider(origin)).setMcpPath(mcpPath)
          return () => {}
        }),
      { timeout: 0.05 },
    )
    expect(problems.map(({ found }) => found)).toEqual([
      expect.stringMatching(/^nothing \(.*(timeout|aborted)/),
    ])
  })
})

describe('checkMount with public URLs that this machine cannot reach', () => {
  const asked: string[] = []
  /** Stands for the proxy in front of the server. */
  const through = (provider: RoutedProvider & AuthProviderLike): CheckMountOptions['fetch'] => {
    const routes = provider.getRoutes(mcpPath)
    return async (url, init) => {
      asked.push(`${init.method} ${url}`)
      const request = new Request(url, init)
      const { pathname } = new URL(url)
      const row = routes.find(({ path, methods }) => {
        return path === pathname && (methods as readonly string[]).includes(request.method)
      })
      if (row !== undefined) return row.handler(request)
      const [middleware] = (provider as OAuthProvider).getMiddleware()
      return (await middleware?.(request, async () => new Response('ok'))) ?? Response.error()
    }
  }

  test('B-02 B-24 checkMount requests each origin through the application’s own fetch', async () => {
    const provider = new OAuthProvider({
      baseUrl: 'https://auth.example/v1',
      issuerUrl: 'https://auth.example/v1/',
      resourceBaseUrl: 'https://rs.example',
      store: memoryStore(),
      signIn: () => ({ denied: true }),
    })
    expect((await checkMount(provider, { fetch: through(provider) })).problems).toEqual([])
    expect(asked.splice(0)).toEqual([
      'GET https://auth.example/.well-known/oauth-authorization-server/v1',
      'GET https://auth.example/.well-known/openid-configuration/v1',
      'GET https://auth.example/v1/.well-known/openid-configuration',
      'GET https://rs.example/.well-known/oauth-protected-resource/mcp',
      'PUT https://auth.example/v1/jwks',
      'HEAD https://auth.example/v1/authorize',
      'GET https://auth.example/v1/consent',
      'GET https://auth.example/v1/token',
      'GET https://auth.example/v1/revoke',
      'GET https://auth.example/v1/introspect',
      'POST https://rs.example/mcp',
      'POST https://rs.example/mcp',
    ])
  })

  test('A-36 checkMount finds the metadata and the gate of a resource server without an issuer', async () => {
    const provider = new RemoteAuthProvider({
      baseUrl: 'https://rs.example/v1',
      authorizationServers: ['https://auth.example'],
      tokenVerifier: new JWTVerifier({ issuer: 'https://auth.example' }),
    })
    expect((await checkMount(provider, { fetch: through(provider) })).problems).toEqual([])
    expect(asked.splice(0)).toEqual([
      'GET https://rs.example/.well-known/oauth-protected-resource/v1/mcp',
      'POST https://rs.example/v1/mcp',
      'POST https://rs.example/v1/mcp',
    ])
  })
})

test('checkMount reports a provider that does not know its MCP path yet', async () => {
  await expect(checkMount(notesProvider('https://rs.example'))).rejects.toThrow(/getRoutes needs a resource/)
})
