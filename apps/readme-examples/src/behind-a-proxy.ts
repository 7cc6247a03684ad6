import { createMcpHandler } from '@modelcontextprotocol/server'
import { OAuthProvider } from '@tollgate/auth-core'
import { mcpAuthRouter, mcpHandler, requireBearerAuth } from '@tollgate/auth-express'
import express from 'express'
import { options } from './your-options.js'
import { createServer } from './your-server-v2.js'

export const auth = new OAuthProvider({
  ...options,
  baseUrl: 'https://example.com/apps/notes', // what clients see
  clientAddress: (_request, req) => req.ip,
})

export const app = express().set('trust proxy', 1) // one proxy in front
app.use(mcpAuthRouter(auth, { mcpPath: '/mcp' }))
app.all('/apps/notes/mcp', requireBearerAuth(auth), mcpHandler(createMcpHandler(createServer)))
