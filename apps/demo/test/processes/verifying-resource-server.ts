import { getRequestListener } from '@hono/node-server'
import { createMcpHandler } from '@modelcontextprotocol/server'
import { JWTVerifier, RemoteAuthProvider } from '@tollgate/auth-core'
import { mcpAuthRoutes, mcpHandler, requireBearerAuth } from '@tollgate/auth-hono'
import { Hono } from 'hono'
import { listen, obeyOperator, operatorsClock } from './operator.js'
import { whoamiServer } from './whoami-server.js'

const { ISSUER: issuer = '' } = process.env

const now = operatorsClock()
const { server, origin } = await listen()
const auth = new RemoteAuthProvider({
  baseUrl: origin,
  authorizationServers: [issuer],
  tokenVerifier: new JWTVerifier({ issuer, requiredScopes: ['notes:read'], now }),
})
const app = new Hono()
app.route('/', mcpAuthRoutes(auth, { mcpPath: '/mcp' }))
app.all('/mcp', requireBearerAuth(auth), mcpHandler(createMcpHandler(whoamiServer)))
server.on('request', getRequestListener(app.fetch))

obeyOperator({ advance: now.advance })
console.log(origin)
