import { createMcpHandler } from '@modelcontextprotocol/server'
import { JWTVerifier, type JWTVerifierOptions, RemoteAuthProvider } from '@tollgate/auth-core'
import { mcpAuthRoutes, mcpHandler, requireBearerAuth } from '@tollgate/auth-hono'
import { Hono } from 'hono'
import { createServer } from './your-server-v2.js'

export function createApp({ fetch, now }: Pick<JWTVerifierOptions, 'fetch' | 'now'> = {}): Hono {
  const issuer = 'https://login.example.com'
  const auth = new RemoteAuthProvider({
    baseUrl: 'https://api.example.com',
    authorizationServers: [issuer],
    tokenVerifier: new JWTVerifier({ issuer, requiredScopes: ['notes:read'], fetch, now }),
  })
  const app = new Hono()
  app.route('/', mcpAuthRoutes(auth, { mcpPath: '/mcp' }))
  app.all('/mcp', requireBearerAuth(auth), mcpHandler(createMcpHandler(createServer)))
  return app
}
