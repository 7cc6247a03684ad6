import { createMcpHandler } from '@modelcontextprotocol/server'
import { mcpAuthRouter, mcpHandler, requireBearerAuth } from '@tollgate/auth-express'
import express from 'express'
import { auth } from './own-tokens.js'
import { createServer } from './your-server-v2.js'

const [notes, admin] = ['/mcp', '/admin/mcp']

export const app = express()
app.use(mcpAuthRouter(auth, { mcpPath: [notes, admin] }))
app.all(notes, requireBearerAuth(auth, { mcpPath: notes }), mcpHandler(createMcpHandler(createServer)))
app.all(
  admin,
  requireBearerAuth(auth, { mcpPath: admin, scopes: ['notes:write'] }),
  mcpHandler(createMcpHandler(createServer)),
)
