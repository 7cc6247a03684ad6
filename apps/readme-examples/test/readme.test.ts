import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, request, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { AccessToken } from '@tollgate/auth-core'
import { withAuth } from '@tollgate/auth-core/context'
import { createTestIssuer } from '@tollgate/auth-testing'
import { afterEach, describe, expect, test, vi } from 'vitest'

const root = new URL('../../../', import.meta.url)
const source = new URL('../src/', import.meta.url)
const filesBelow = (folder: URL, ending: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => name.replaceAll('\\', '/'))
const files = [source, new URL('./', import.meta.url)].flatMap((folder) =>
  filesBelow(folder, '.ts').map((name) => readFileSync(new URL(name, folder), 'utf8')),
)
const readmes = [
  ...['README.md', 'SECURITY.md'],
  ...readdirSync(new URL('packages/', root))
    .map((name) => `packages/${name}/README.md`)
    .filter((name) => existsSync(new URL(name, root))),
  ...filesBelow(new URL('docs/', root), '.md').map((name) => `docs/${name}`),
]
const blocks = readmes.flatMap((file) => {
  const readme = readFileSync(new URL(file, root), 'utf8')
  return [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => ({
    file,
    firstLine: code.split('\n')[0],
    code,
  }))
})

const examples = readdirSync(source).filter((file) => file.endsWith('.ts') && !file.startsWith('your-'))

describe('code blocks of the READMEs', () => {
  test.each(blocks)('the code in $file, block $firstLine, equals a tested file', ({ code }) => {
    expect(files.some((file) => file.includes(code))).toBe(true)
  })

  test.each(examples)('the example %s has fewer than 20 lines', (file) => {
    const lines = readFileSync(new URL(file, source), 'utf8').split('\n')
    expect(lines.filter((line) => line.trim() !== '').length).toBeLessThan(20)
  })
})

const issuer = await createTestIssuer({ issuer: 'https://login.example.com' })

let stop: (() => void) | undefined
afterEach(() => {
  stop?.()
  vi.unstubAllGlobals()
})

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stop = () => {
    server.closeAllConnections()
    server.close()
  }
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const listeners: Record<string, () => Promise<RequestListener>> = {
  'express-sdk-v1': async () => (await import('../src/express-sdk-v1.js')).app,
  'express-sdk-v2': async () => (await import('../src/express-sdk-v2.js')).app,
  'fastify-sdk-v1': async () => routing((await import('../src/fastify-sdk-v1.js')).app),
  'fastify-sdk-v2': async () => routing((await import('../src/fastify-sdk-v2.js')).app),
  'hono-sdk-v1': async () => getRequestListener((await import('../src/hono-sdk-v1.js')).app.fetch),
  'hono-sdk-v2': async () => getRequestListener((await import('../src/hono-sdk-v2.js')).app.fetch),
  'bare-fetch': async () => getRequestListener((await import('../src/bare-fetch.js')).default.fetch),
}

async function routing(app: {
  ready: () => PromiseLike<unknown>
  routing: RequestListener
}): Promise<RequestListener> {
  await app.ready()
  return (request, response) => app.routing(request, response)
}

describe.each(Object.keys(listeners))('%s', (name) => {
  test('A-01 A-34 the example refuses a call without a token and names the metadata', async () => {
    const origin = await listen(await (listeners[name] as () => Promise<RequestListener>)())
    const refusal = await fetch(`${origin}/mcp`, { method: 'POST' })
    expect(refusal.status).toBe(401)
    const metadataUrl = 'https://api.example.com/.well-known/oauth-protected-resource/mcp'
    expect(refusal.headers.get('www-authenticate')).toBe(
      `Bearer resource_metadata="${metadataUrl}", scope="notes:read"`,
    )
    const metadata = await fetch(origin + new URL(metadataUrl).pathname)
    expect(await metadata.json()).toEqual({
      resource: 'https://api.example.com/mcp',
      authorization_servers: ['https://login.example.com'],
      scopes_supported: ['notes:read'],
      bearer_methods_supported: ['header'],
    })
  })
})

describe.each(Object.keys(listeners).filter((name) => name.endsWith('sdk-v1')))('%s', (name) => {
  test.each(['GET', 'DELETE'])(
    'the example responds 405 to %s because it has no sessions',
    async (method) => {
      vi.stubGlobal('fetch', issuer.fetch)
      const bearer = await issuer.mint({ audience: 'https://api.example.com/mcp', scopes: ['notes:read'] })
      const origin = await listen(await (listeners[name] as () => Promise<RequestListener>)())

      const headers = { authorization: `Bearer ${bearer}`, accept: 'text/event-stream' }
      const outgoing = request(`${origin}/mcp`, { method, headers }).end()
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
      response.destroy()
      expect(response.statusCode).toBe(405)
      expect(response.headers.allow).toBe('POST')
    },
  )
})

test('the README has less than 900 words outside code, tables and pictures', () => {
  const readme = readFileSync(new URL('README.md', root), 'utf8')
  const prose = readme.replaceAll(/^```[\s\S]*?^```$|^\|.*$|<img [^>]*>/gm, '')
  expect(prose.split(/\s+/).length).toBeLessThan(900)
})

test('A-01 quick-start refuses a call without a token as the README says', async () => {
  const { listen } = Server.prototype
  const listening = vi.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server) {
    return Reflect.apply(listen, this, [0])
  })
  await import('../src/quick-start.js')
  expect(listening).toHaveBeenCalledWith(3000)
  const [server] = listening.mock.contexts as [Server]
  listening.mockRestore()
  stop = () => server.close()
  const { port } = server.address() as AddressInfo
  const refusal = await fetch(`http://localhost:${port}/mcp`, { method: 'POST' })
  expect(refusal.status).toBe(401)
  const quoted = `HTTP/1.1 401 Unauthorized\nwww-authenticate: ${refusal.headers.get('www-authenticate')}\n`
  expect(readFileSync(new URL('README.md', root), 'utf8')).toContain(quoted)
})

test('own-tokens issues tokens for the MCP path where it is mounted', async () => {
  const { auth } = await import('../src/own-tokens.js')
  const paths = auth.getRoutes('/mcp').map(({ path }) => path)
  expect(paths).toContain('/authorize')
  expect(paths).toContain('/.well-known/oauth-authorization-server')
  expect(auth.resourceUrl).toBe('https://notes.example.com/mcp')
})

test('L-25 typed-claims knows the caller’s tenant during a request only', async () => {
  const { tenantOfCaller } = await import('../src/typed-claims.js')
  const claims = { tenant: 'acme' }
  const accessToken = new AccessToken({ token: 't', clientId: 'client-1', scopes: [], claims })
  expect(withAuth(accessToken, tenantOfCaller)).toBe('acme')
  expect(tenantOfCaller()).toBeUndefined()
})

test('caller names the user and the client of the current request', async () => {
  const { nameOfCaller } = await import('../src/caller.js')
  const accessToken = new AccessToken({ token: 't', clientId: 'client-1', subject: 'alice', scopes: [] })
  expect(withAuth(accessToken, nameOfCaller)).toBe('alice with client-1')
})
