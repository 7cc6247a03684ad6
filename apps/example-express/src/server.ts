import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { hostHeaderValidation } from '@modelcontextprotocol/sdk/server/middleware/hostHeaderValidation.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { type AccessToken, checkMount, memoryStore, OAuthProvider, type Store } from '@tollgate/auth-core'
import {
  getAuth,
  mcpAuthRouter,
  mcpHandler,
  requireBearerAuth,
  requireToolScopes,
} from '@tollgate/auth-express'
import express, { type NextFunction, type Request, type Response } from 'express'
import { z } from 'zod'
import { demoSignIn, demoSignInRouter } from './demo-sign-in.js'

const port = Number(process.env['PORT'] ?? 3001)
const publicUrl = process.env['PUBLIC_URL'] ?? `http://localhost:${port}`
const baseUrl = publicUrl.replace(/\/+$/, '')
const mcpUrl = new URL(`${baseUrl}/mcp`)
const allowedHosts = ['localhost', '127.0.0.1', '[::1]', mcpUrl.hostname]
const pages = (process.env['ALLOWED_ORIGINS'] ?? '').split(/[\s,]+/).filter((origin) => origin !== '')
const allowedOrigins = ['http://localhost:*', 'http://127.0.0.1:*', ...pages]

const portInUse = `Port ${port} is in use. Set PORT to another one.`

const notes = new Map<string, string[]>()

const auth = new OAuthProvider<Request>({
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

const app = express()
app.disable('x-powered-by')
app.use((_req, res, next) => {
  res.set('X-Content-Type-Options', 'nosniff')
  next()
})
app.use(hostHeaderValidation(allowedHosts))
app.use(mcpAuthRouter(auth, { mcpPath: '/mcp' }))
app.use(demoSignInRouter(baseUrl))
app.all(
  mcpUrl.pathname,
  requireBearerAuth(auth, { allowedOrigins }),
  requireToolScopes({ add_note: ['notes:write'] }),
  mcpHandler(async (req: Request) => {
    const transport = new StreamableHTTPServerTransport()
    await notesServer(getAuth(req)).connect(transport)
    return transport
  }),
)
app.use(withoutDetails)

const server = app.listen(port, async (error) => {
  if (error) {
    console.error('code' in error && error.code === 'EADDRINUSE' ? portInUse : error)
    process.exit(1)
  }
  console.log(`MCP server: ${baseUrl}/mcp`)
  // Reports whether clients can discover everything, and how to fix what they cannot.
  if (process.env['NODE_ENV'] !== 'production') {
    const { ok, message } = await checkMount(auth)
    if (!ok) console.warn(message)
  }
})
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    server.close()
    // Browsers keep unused connections open.
    setTimeout(() => process.exit(), 1000).unref()
  })
}

/** One server per request, so that its tools know their user. */
function notesServer(user: AccessToken | undefined): McpServer {
  if (user?.subject === undefined) throw new Error('The token has no user')
  const { subject, clientId, scopes } = user
  const own = notes.get(subject) ?? []
  notes.set(subject, own)
  const mcp = new McpServer({ name: 'example-notes', version: '0.0.0' })
  mcp.registerTool('whoami', { description: 'Tells whom the server takes you for' }, () =>
    text(`You are ${subject}, and ${clientId} may use ${scopes.join(' and ')} for you.`),
  )
  mcp.registerTool('list_notes', { description: 'Lists your notes' }, () => text(own.join('\n')))
  mcp.registerTool(
    'add_note',
    { description: 'Adds a note', inputSchema: { text: z.string().min(1).max(1000) } },
    ({ text: note }) => text(`Noted. You have ${own.push(note)}.`),
  )
  return mcp
}

function text(content: string) {
  return { content: [{ type: 'text' as const, text: content }] }
}

function openStore(url = 'memory:'): Store {
  if (url === 'memory:') return memoryStore()
  throw new Error(`STORE_URL: only "memory:" is supported so far, not "${url.split(':')[0]}:"`)
}

/** Express itself would show the stack trace. */
function withoutDetails(
  error: Error & { status?: number },
  _req: Request,
  res: Response,
  next: NextFunction,
) {
  const { status = 500 } = error
  if (status >= 500) console.error(error)
  if (res.headersSent) next(error)
  else res.sendStatus(status)
}
