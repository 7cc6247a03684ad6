import { createMcpHandler } from '@modelcontextprotocol/server'
import { mcpAuth, mcpHandler, requireBearerAuth } from '@tollgate/auth-fastify'
import Fastify from 'fastify'
import { auth } from './remote-auth.js'
import { createServer } from './your-server-v2.js'

export const app = Fastify()
await app.register(mcpAuth, { provider: auth, mcpPath: '/mcp' })
app.route({
  method: ['GET', 'POST', 'DELETE'],
  url: '/mcp',
  onRequest: requireBearerAuth(auth),
  handler: mcpHandler(createMcpHandler(createServer)),
})
