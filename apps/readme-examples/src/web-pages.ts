import { requireBearerAuth } from '@tollgate/auth-express'
import { auth } from './remote-auth.js'

export const gate = requireBearerAuth(auth, {
  mcpPath: '/mcp',
  allowedOrigins: ['https://app.example.com', 'http://localhost:*'],
})
