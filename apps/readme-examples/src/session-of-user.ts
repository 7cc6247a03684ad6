import { randomUUID } from 'node:crypto'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { getAuth, mcpHandler } from '@tollgate/auth-express'
import { createServer } from './your-server-v1.js'

const sessions = new Map<string, { transport: StreamableHTTPServerTransport; subject: string | undefined }>()

export const handler = mcpHandler(async (request) => {
  const subject = getAuth(request)?.subject
  const session = sessions.get(request.get('mcp-session-id') ?? '')
  if (session !== undefined && session.subject === subject) return session.transport
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, { transport, subject }),
    onsessionclosed: (id) => void sessions.delete(id),
  })
  await createServer().connect(transport)
  return transport
})
