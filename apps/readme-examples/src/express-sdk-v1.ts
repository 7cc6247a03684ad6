import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { mcpAuthRouter, mcpHandler, requireBearerAuth } from '@tollgate/auth-express'
import express from 'express'
import { auth } from './remote-auth.js'
import { createServer } from './your-server-v1.js'

export const app = express()
app.use(mcpAuthRouter(auth, { mcpPath: '/mcp' }))
app.all(
  '/mcp',
  requireBearerAuth(auth),
  mcpHandler(async () => {
    const transport = new StreamableHTTPServerTransport()
    await createServer().connect(transport)
    return transport
  }),
)
