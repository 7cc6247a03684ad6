import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { JWTVerifier, RemoteAuthProvider } from '@tollgate/auth-core'
import { getAuth } from '@tollgate/auth-core/context'
import { mcpAuthRouter, mcpHandler, requireBearerAuth } from '@tollgate/auth-express'
import express from 'express'

const issuer = process.env['ISSUER'] ?? 'https://login.example.com'

const auth = new RemoteAuthProvider({
  baseUrl: 'http://localhost:3000',
  authorizationServers: [issuer],
  tokenVerifier: new JWTVerifier({ issuer, requiredScopes: ['notes:read'] }),
})

function createServer() {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  server.registerTool('whoami', { description: 'Names the caller' }, () => ({
    content: [{ type: 'text', text: `You are ${getAuth()?.subject}` }],
  }))
  return server
}

const app = express()
app.use(mcpAuthRouter(auth, { mcpPath: '/mcp' }))
app.all('/mcp', requireBearerAuth(auth), mcpHandler(createMcpHandler(createServer)))
app.listen(3000, (error) => {
  if (error) throw error
  console.log('MCP server: http://localhost:3000/mcp')
})
