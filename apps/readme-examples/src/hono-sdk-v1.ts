import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'
import { mcpAuthRoutes, mcpHandler, requireBearerAuth } from '@tollgate/auth-hono'
import { Hono } from 'hono'
import { auth } from './remote-auth.js'
import { createServer } from './your-server-v1.js'

export const app = new Hono()
app.route('/', mcpAuthRoutes(auth, { mcpPath: '/mcp' }))
app.all(
  '/mcp',
  requireBearerAuth(auth),
  mcpHandler(async () => {
    const transport = new WebStandardStreamableHTTPServerTransport()
    await createServer().connect(transport)
    return transport
  }),
)
