import { McpServer } from '@modelcontextprotocol/server'
import { accessTokenOf } from '@tollgate/auth-core'
import { auth } from './typed-claims.js'

export function createServer(): McpServer {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  server.registerTool('whoami', { description: 'Names the caller.' }, (ctx) => {
    const caller = accessTokenOf(ctx.http?.authInfo, auth)
    return { content: [{ type: 'text', text: `${caller?.subject} of ${caller?.claims.tenant}` }] }
  })
  return server
}
