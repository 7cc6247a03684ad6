import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, type TestContext, test } from 'vitest'
import {
  type ExampleServer,
  exampleNames,
  freePort,
  type StartOptions,
  startExample,
} from '../src/example-server.js'
import { Session } from './session.js'

// Starting processes takes most of the time here, and the machine has several cores.
describe.concurrent.each(exampleNames)('%s', (name) => {
  async function start({ onTestFinished }: TestContext, options: StartOptions = {}): Promise<ExampleServer> {
    const server = await startExample(name, options)
    onTestFinished(async () => void (await server.stop()))
    return server
  }

  test('the example prints the URL of the MCP endpoint on one line and stops on SIGTERM', async (context) => {
    const server = await start(context)
    const session = new Session(server)
    await session.connect()
    await session.client.close()

    expect(await server.stop('SIGTERM')).toBe(0)
    expect(server.output).toBe(`MCP server: ${server.publicUrl}/mcp\n`)
  })

  test('the example stops on SIGINT while an unused connection is open', async (context) => {
    const server = await start(context)
    const unused = connect(Number(server.mcpUrl.port), server.mcpUrl.hostname)
    unused.on('error', () => {})
    await once(unused, 'connect')

    expect(await server.stop('SIGINT')).toBe(0)
    unused.destroy()
  })

  test('the example refuses to start with an unknown store and does not print the store URL', async () => {
    const start = startExample(name, { env: { STORE_URL: 'postgres://user:secret@localhost/notes' } })

    const error: unknown = await start.catch((reason: unknown) => reason)
    expect(String(error)).toContain('STORE_URL: only "memory:" is supported so far, not "postgres:"')
    expect(String(error)).not.toContain('secret')
  })

  test('the example reports a port in use on one line', async (context) => {
    const { mcpUrl } = await start(context)

    const error: unknown = await startExample(name, { port: Number(mcpUrl.port) }).catch((reason) => reason)
    const [, ...printed] = String(error).trim().split('\n')
    // The provider also prints that anyone may register clients.
    expect(printed.filter((line) => !line.startsWith('[tollgate] registration.open'))).toEqual([
      `Port ${mcpUrl.port} is in use. Set PORT to another one.`,
    ])
    expect(String(error)).toContain('exit code 1')
  })

  test('L-11 the example names no framework and sends nosniff with every response', async (context) => {
    const { publicUrl } = await start(context)
    const requests: [path: string, init?: RequestInit][] = [
      ['/'],
      ['/mcp'],
      ['/mcp', { method: 'POST' }],
      ['/mcp', { method: 'PUT' }],
      ['/login', { method: 'POST' }],
      ['/authorize'],
      ['/token', { method: 'POST' }],
      ['/.well-known/oauth-authorization-server'],
      ['/mcp', { method: 'POST', headers: { origin: 'https://evil.example' } }],
    ]
    for (const [path, init] of requests) {
      const { headers } = await fetch(publicUrl + path, init)
      expect([path, headers.get('x-powered-by')]).toEqual([path, null])
      expect([path, headers.get('x-content-type-options')]).toEqual([path, 'nosniff'])
    }
  })

  test('L-04 the example admits a page of ALLOWED_ORIGINS and names the option to any other page', async (context) => {
    const allowed = 'https://client.example'
    const server = await start(context, { env: { ALLOWED_ORIGINS: `https://other.example, ${allowed}` } })
    const call = (origin: string) => fetch(server.mcpUrl, { method: 'POST', headers: { origin } })
    const preflight = (origin: string) =>
      fetch(server.mcpUrl, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      })

    expect((await call(allowed)).status).toBe(401)
    // Origins are compared as a whole: another scheme or port is another page.
    for (const origin of [
      'http://client.example',
      `${allowed}:8443`,
      'https://evil.client.example',
      'null',
    ]) {
      const refusal = await call(origin)
      expect([origin, refusal.status]).toEqual([origin, 403])
      // A page can read the refusal, as its preflight promised.
      expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBe('*')
      expect(refusal.headers.get('access-control-allow-origin')).toBe('*')
      expect(await refusal.json()).toMatchObject({
        error: { message: expect.stringContaining('"allowedOrigins"') },
      })
    }
  })

  test.for([
    ['with a slash at the end', (port: number) => `http://localhost:${port}/`],
    ['with a path', (port: number) => `http://localhost:${port}/tenant1`],
  ] as const)(
    'B-03 B-02 C-14 A-36 the example publishes a PUBLIC_URL %s as its issuer byte for byte',
    async ([, publicUrlAt], context) => {
      const port = await freePort()
      const publicUrl = publicUrlAt(port)
      const server = await start(context, { port, publicUrl })

      const session = new Session(server)
      await session.expectSignInRequest(session.client.connect())
      const callback = await session.visit()
      expect(callback.searchParams.getAll('iss')).toEqual([publicUrl])
      await session.client.finishSignIn(callback)
      await session.client.connect()

      expect(await session.client.callTool('whoami')).toContain('You are demo')
      const { resourceMetadata, authorizationServerMetadata } = session.oauth.discoveryState() ?? {}
      expect(resourceMetadata?.resource).toBe(server.mcpUrl.href)
      expect(resourceMetadata?.authorization_servers).toEqual([publicUrl])
      expect(authorizationServerMetadata?.issuer).toBe(publicUrl)
      await session.client.close()
    },
  )

  test('L-02 L-04 the example checks Host and Origin and answers preflights', async (context) => {
    const server = await start(context)
    const { publicUrl, mcpUrl } = server
    const statusFor = (headers: Record<string, string>, method = 'POST', path = '/mcp') =>
      statusOf(new URL(path, mcpUrl), method, headers)

    expect(await statusFor({ host: 'evil.example' })).toBe(403)
    expect(await statusFor({ host: 'evil.example' }, 'GET', '/.well-known/oauth-authorization-server')).toBe(
      403,
    )
    expect(await statusFor({ origin: 'https://evil.example' })).toBe(403)
    expect(await statusFor({ origin: 'null' })).toBe(403)
    expect(await statusFor({ origin: publicUrl })).toBe(401)
    expect(await statusFor({ origin: 'http://localhost:6274' })).toBe(401)
    expect(await statusFor({ origin: 'http://localhost:6274' }, 'OPTIONS')).toBe(204)
    expect(await statusFor({}, 'GET')).toBe(401)
    expect(await statusFor({}, 'DELETE')).toBe(401)
  })
})

/** `fetch` does not let its caller choose Host. */
async function statusOf(
  url: URL,
  method: string,
  headers: Record<string, string>,
): Promise<number | undefined> {
  const outgoing = request(url, { method, headers }).end()
  const [response] = await once(outgoing, 'response')
  response.resume()
  return response.statusCode
}
