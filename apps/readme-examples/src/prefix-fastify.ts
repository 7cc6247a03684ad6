import { createMcpHandler } from '@modelcontextprotocol/server'
import { mcpAuth, mcpAuthWellKnown, mcpHandler, requireBearerAuth } from '@tollgate/auth-fastify'
import Fastify, { type FastifyInstance } from 'fastify'
import { auth } from './prefix-auth.js'
import { createServer } from './your-server-v2.js'

async function api(app: FastifyInstance) {
  await app.register(mcpAuth, { provider: auth, mcpPath: '/mcp', basePath: '' })
  const handler = mcpHandler(createMcpHandler(createServer))
  app.route({ method: ['GET', 'POST'], url: '/mcp', onRequest: requireBearerAuth(auth), handler })
}

export const app = Fastify()
await app.register(mcpAuthWellKnown, { provider: auth, mcpPath: '/mcp' })
await app.register(api, { prefix: '/api' })
