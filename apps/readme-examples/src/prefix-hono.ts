import { createMcpHandler } from '@modelcontextprotocol/server'
import { mcpAuthRoutes, mcpAuthWellKnown, mcpHandler, requireBearerAuth } from '@tollgate/auth-hono'
import { Hono } from 'hono'
import { auth } from './prefix-auth.js'
import { createServer } from './your-server-v2.js'

const api = new Hono()
api.route('/', mcpAuthRoutes(auth, { mcpPath: '/mcp', basePath: '' }))
api.all('/mcp', requireBearerAuth(auth), mcpHandler(createMcpHandler(createServer)))

export const app = new Hono()
app.route('/', mcpAuthWellKnown(auth, { mcpPath: '/mcp' }))
app.route('/api', api)
