import { createMcpHandler } from '@modelcontextprotocol/server'
import { mcpAuthRouter, mcpHandler, requireBearerAuth, requireToolScopes } from '@tollgate/auth-express'
import express from 'express'
import { auth } from './remote-auth.js'
import { createServer } from './your-server-v2.js'

const toolScopes = { add_note: ['notes:write'], delete_note: ['notes:write'] }

export const app = express()
app.use(mcpAuthRouter(auth, { mcpPath: '/mcp' }))
app.all(
  '/mcp',
  requireBearerAuth(auth),
  requireToolScopes(toolScopes),
  mcpHandler(createMcpHandler(createServer)),
)
