import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import { toSdkVerifier } from '@tollgate/auth-core'
import { mcpAuthRouter } from '@tollgate/auth-express'
import express from 'express'
import { auth } from '../remote-auth.js'
import { handler } from './your-sdk-v1-server.js'

export const app = express()
app.use(mcpAuthRouter(auth, { mcpPath: '/mcp' }))
app.all(
  '/mcp',
  requireBearerAuth({
    verifier: toSdkVerifier(auth, { InvalidTokenError }),
    requiredScopes: ['notes:read'],
    resourceMetadataUrl: String(auth.getResourceMetadataUrl('/mcp')),
  }),
  handler,
)
