import { McpServer } from '@modelcontextprotocol/server'
import { toSdkScopeChallenge } from '@tollgate/auth-core'
import { auth } from './remote-auth.js'

export function createServer(): McpServer {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  server.registerTool(
    'add_note',
    { description: 'Adds a note.', scopeChallenge: toSdkScopeChallenge(auth, ['notes:write']) },
    () => ({ content: [{ type: 'text', text: 'The note was added.' }] }),
  )
  return server
}
