import { OAuthProvider, TokenHandler } from '@tollgate/auth-core'
import { mcpAuthRouter, routeHandler } from '@tollgate/auth-express'
import express from 'express'
import { options } from './your-options.js'

export const auth = new OAuthProvider({ ...options, endpoints: { token: 'oauth/token' } })

export const app = express()
app.all('/api/oauth/token', routeHandler(new TokenHandler({ provider: auth })))
app.use(mcpAuthRouter(auth, { mcpPath: '/mcp' }))
