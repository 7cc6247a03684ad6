import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { memoryStore, OAuthProvider } from '@tollgate/auth-core'
import { getAuth } from '@tollgate/auth-core/context'
import { mcpAuthRouter, mcpHandler, requireBearerAuth, requireToolScopes } from '@tollgate/auth-express'
import express from 'express'
import { z } from 'zod'
import { loginPage, signIn } from './sign-in.js'

const auth = new OAuthProvider({
  baseUrl: 'http://localhost:3000',
  name: 'Notes',
  signIn,
  scopesSupported: ['notes:read', 'notes:write'],
  requiredScopes: ['notes:read'],
  scopeDescriptions: { 'notes:read': 'read your notes', 'notes:write': 'add notes' },
  dynamicRegistration: true,
  store: memoryStore(),
})

const notes = new Map<string, string[]>()

function createServer() {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  const user = getAuth()?.subject ?? ''
  const own = notes.get(user) ?? []
  server.registerTool('list_notes', { description: 'Lists your notes' }, () => text(own.join('\n')))
  server.registerTool(
    'add_note',
    { description: 'Adds a note', inputSchema: z.object({ note: z.string() }) },
    ({ note }) => {
      notes.set(user, [...own, note])
      return text('Added.')
    },
  )
  return server
}

function text(content: string) {
  return { content: [{ type: 'text' as const, text: content }] }
}

const app = express()
app.use(mcpAuthRouter(auth, { mcpPath: '/mcp' }))
app.use(loginPage)
app.all(
  '/mcp',
  requireBearerAuth(auth),
  requireToolScopes({ add_note: ['notes:write'] }),
  mcpHandler(createMcpHandler(createServer)),
)
app.listen(3000, (error) => {
  if (error) throw error
  console.log('MCP server: http://localhost:3000/mcp')
})
