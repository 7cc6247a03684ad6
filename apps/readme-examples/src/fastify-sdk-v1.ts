import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { mcpAuth, mcpHandler, requireBearerAuth } from '@tollgate/auth-fastify'
import Fastify from 'fastify'
import { auth } from './remote-auth.js'
import { createServer } from './your-server-v1.js'

export const app = Fastify()
await app.register(mcpAuth, { provider: auth, mcpPath: '/mcp' })
app.route({
  method: ['GET', 'POST', 'DELETE'],
  url: '/mcp',
  onRequest: requireBearerAuth(auth),
  handler: mcpHandler(async () => {
    const transport = new StreamableHTTPServerTransport()
    await createServer().connect(transport)
    return transport
  }),
})
