import { createMcpHandler } from '@modelcontextprotocol/server'
import { IntrospectionTokenVerifier, RemoteAuthProvider } from '@tollgate/auth-core'
import { mcpAuth, mcpHandler, requireBearerAuth } from '@tollgate/auth-fastify'
import Fastify from 'fastify'
import { listen, obeyOperator, operatorsClock } from './operator.js'
import { whoamiServer } from './whoami-server.js'

const { ISSUER: issuer = '', SHARED_SECRET = '' } = process.env

const now = operatorsClock()
const { server, origin } = await listen()
const auth = new RemoteAuthProvider({
  baseUrl: origin,
  authorizationServers: [issuer],
  tokenVerifier: new IntrospectionTokenVerifier({
    introspectionUrl: `${issuer}/introspect`,
    clientId: 'asking',
    clientSecret: SHARED_SECRET,
    issuer,
    requiredScopes: ['notes:read'],
    now,
  }),
})
const app = Fastify({ serverFactory: (handler) => server.on('request', handler) })
await app.register(mcpAuth, { provider: auth, mcpPath: '/mcp' })
app.route({
  method: ['GET', 'POST', 'DELETE'],
  url: '/mcp',
  onRequest: requireBearerAuth(auth),
  handler: mcpHandler(createMcpHandler(whoamiServer)),
})
await app.ready()

obeyOperator({ advance: now.advance })
console.log(origin)
