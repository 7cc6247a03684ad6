import { createMcpHandler } from '@modelcontextprotocol/server'
import { mcpAuthRouter, mcpHandler, requireBearerAuth } from '@tollgate/auth-express'
import express from 'express'
import { auth } from './remote-auth.js'
import { createServer } from './your-server-v2.js'

export const app = express()
app.use(mcpAuthRouter(auth, { mcpPath: '/mcp' }))
app.all(
  '/mcp',
  requireBearerAuth(auth, { allowAnonymous: { tools: ['search'] } }),
  mcpHandler(createMcpHandler(createServer)),
)
