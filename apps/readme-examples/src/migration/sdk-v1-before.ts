import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import {
  getOAuthProtectedResourceMetadataUrl,
  mcpAuthRouter,
} from '@modelcontextprotocol/sdk/server/auth/router.js'
import express from 'express'
import { handler, provider } from './your-sdk-v1-server.js'

const issuerUrl = new URL('https://notes.example.com')
const mcpUrl = new URL('https://notes.example.com/mcp')

export const app = express()
app.use(mcpAuthRouter({ provider, issuerUrl, resourceServerUrl: mcpUrl, scopesSupported: ['notes:read'] }))
app.all(
  '/mcp',
  requireBearerAuth({
    verifier: provider,
    requiredScopes: ['notes:read'],
    resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(mcpUrl),
    expectedResource: mcpUrl,
  }),
  handler,
)
