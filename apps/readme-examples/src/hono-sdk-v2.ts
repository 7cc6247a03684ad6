import { createMcpHandler } from '@modelcontextprotocol/server'
import { mcpAuthRoutes, mcpHandler, requireBearerAuth } from '@tollgate/auth-hono'
import { Hono } from 'hono'
import { auth } from './remote-auth.js'
import { createServer } from './your-server-v2.js'

export const app = new Hono()
app.route('/', mcpAuthRoutes(auth, { mcpPath: '/mcp' }))
app.all('/mcp', requireBearerAuth(auth), mcpHandler(createMcpHandler(createServer)))
