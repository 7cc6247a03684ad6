import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { JWTVerifier, RemoteAuthProvider } from '@tollgate/auth-core'
import { mcpAuthRouter, mcpHandler, requireBearerAuth } from '@tollgate/auth-express'
import express from 'express'

const issuer = 'https://login.example.com'
const auth = new RemoteAuthProvider({
  baseUrl: 'http://localhost:3000',
  authorizationServers: [issuer],
  tokenVerifier: new JWTVerifier({ issuer, requiredScopes: ['notes:read'] }),
})

function createServer() {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  server.registerTool('ping', {}, () => ({ content: [{ type: 'text', text: 'pong' }] }))
  return server
}

const app = express()
app.use(mcpAuthRouter(auth, { mcpPath: '/mcp' }))
app.all('/mcp', requireBearerAuth(auth), mcpHandler(createMcpHandler(createServer)))
app.listen(3000)
