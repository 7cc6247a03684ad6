import { createMcpHandler } from '@modelcontextprotocol/server'
import { mcpAuthRouter, mcpAuthWellKnown, mcpHandler, requireBearerAuth } from '@tollgate/auth-express'
import express from 'express'
import { auth } from './prefix-auth.js'
import { createServer } from './your-server-v2.js'

const api = express()
api.use(mcpAuthRouter(auth, { mcpPath: '/mcp', basePath: '' }))
api.all('/mcp', requireBearerAuth(auth), mcpHandler(createMcpHandler(createServer)))

export const app = express()
app.use(mcpAuthWellKnown(auth, { mcpPath: '/mcp' }))
app.use('/api', api)
