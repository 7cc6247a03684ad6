import { hostHeaderValidation } from '@modelcontextprotocol/fastify'
import { type AuthInfo, createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { checkMount, memoryStore, OAuthProvider, type Store } from '@tollgate/auth-core'
import { mcpAuth, mcpHandler, requireBearerAuth, requireToolScopes } from '@tollgate/auth-fastify'
import Fastify, { type FastifyRequest } from 'fastify'
import { z } from 'zod'
import { demoSignIn, demoSignInRoutes } from './demo-sign-in.js'

const port = Number(process.env['PORT'] ?? 3002)
const publicUrl = process.env['PUBLIC_URL'] ?? `http://localhost:${port}`
const baseUrl = publicUrl.replace(/\/+$/, '')
const mcpUrl = new URL(`${baseUrl}/mcp`)
const allowedHosts = ['localhost', '127.0.0.1', '[::1]', mcpUrl.hostname]
const pages = (process.env['ALLOWED_ORIGINS'] ?? '').split(/[\s,]+/).filter((origin) => origin !== '')
const allowedOrigins = ['http://localhost:*', 'http://127.0.0.1:*', ...pages]
const portInUse = `Port ${port} is in use. Set PORT to another one.`

const notes = new Map<string, string[]>()

const auth = new OAuthProvider<FastifyRequest>({
  baseUrl: publicUrl,
  name: 'Example notes',
  scopesSupported: ['notes:read', 'notes:write'],
  requiredScopes: ['notes:read'],
  scopeDescriptions: { 'notes:read': 'read your notes', 'notes:write': 'write notes for you' },
  dynamicRegistration: true,
  store: openStore(process.env['STORE_URL']),
  // Replace this: it trusts any name without a password.
  signIn: demoSignIn,
})
const mcp = createMcpHandler(({ authInfo }) => notesServer(authInfo))

const app = Fastify()
app.addHook('onRequest', async (_request, reply) => void reply.header('X-Content-Type-Options', 'nosniff'))
app.addHook('onRequest', hostHeaderValidation(allowedHosts))
await app.register(mcpAuth, { provider: auth, mcpPath: '/mcp' })
await app.register(demoSignInRoutes, { baseUrl })
app.route({
  method: ['GET', 'POST', 'DELETE'],
  url: mcpUrl.pathname,
  onRequest: requireBearerAuth(auth, { allowedOrigins }),
  preHandler: requireToolScopes({ add_note: ['notes:write'] }),
  handler: mcpHandler(mcp),
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    mcp.close()
    app.close()
    // Browsers keep unused connections open.
    setTimeout(() => process.exit(), 1000).unref()
  })
}
// Fastify listens on loopback by default, which does not work in a container.
await app.listen({ port, host: '0.0.0.0' }).catch((error: Error & { code?: string }) => {
  console.error(error.code === 'EADDRINUSE' ? portInUse : error)
  process.exit(1)
})
console.log(`MCP server: ${baseUrl}/mcp`)
// Reports whether clients can discover everything, and how to fix what they cannot.
if (process.env['NODE_ENV'] !== 'production') {
  const { ok, message } = await checkMount(auth)
  if (!ok) console.warn(message)
}

/** One server per request, so that its tools know their user. */
function notesServer(authInfo: AuthInfo | undefined): McpServer {
  const subject = authInfo?.extra?.['subject']
  if (typeof subject !== 'string') throw new Error('The token has no user')
  const own = notes.get(subject) ?? []
  notes.set(subject, own)
  const server = new McpServer({ name: 'example-notes', version: '0.0.0' })
  server.registerTool('whoami', { description: 'Tells whom the server takes you for' }, () =>
    text(`You are ${subject}, and ${authInfo?.clientId} may use ${authInfo?.scopes.join(' and ')} for you.`),
  )
  server.registerTool('list_notes', { description: 'Lists your notes' }, () => text(own.join('\n')))
  server.registerTool(
    'add_note',
    { description: 'Adds a note', inputSchema: z.object({ text: z.string().min(1).max(1000) }) },
    ({ text: note }) => text(`Noted. You have ${own.push(note)}.`),
  )
  return server
}

function text(content: string) {
  return { content: [{ type: 'text' as const, text: content }] }
}

function openStore(url = 'memory:'): Store {
  if (url === 'memory:') return memoryStore()
  throw new Error(`STORE_URL: only "memory:" is supported so far, not "${url.split(':')[0]}:"`)
}
