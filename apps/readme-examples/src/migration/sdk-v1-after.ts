import { memoryStore, OAuthProvider } from '@tollgate/auth-core'
import { mcpAuthRouter, requireBearerAuth } from '@tollgate/auth-express'
import express from 'express'
import { handler } from './your-sdk-v1-server.js'
import { signIn } from './your-sign-in.js'

const auth = new OAuthProvider({
  baseUrl: 'https://notes.example.com',
  issuerUrl: 'https://notes.example.com/', // with the slash, as SDK v1 published it
  scopesSupported: ['notes:read'],
  requiredScopes: ['notes:read'],
  dynamicRegistration: true,
  store: memoryStore(),
  signIn,
})

export const app = express()
app.use(mcpAuthRouter(auth, { mcpPath: '/mcp' }))
app.all('/mcp', requireBearerAuth(auth), handler)
