import { randomUUID } from 'node:crypto'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { type Caller, isSameCaller } from '@tollgate/auth-core'
import { getAuth, mcpHandler } from '@tollgate/auth-express'
import { createServer } from './your-server-v1.js'

const sessions = new Map<string, { transport: StreamableHTTPServerTransport; caller: Caller | undefined }>()

export const handler = mcpHandler(async (request) => {
  const caller = getAuth(request)
  const session = sessions.get(request.get('mcp-session-id') ?? '')
  if (session !== undefined && isSameCaller(session.caller, caller)) return session.transport
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, { transport, caller }),
    onsessionclosed: (id) => void sessions.delete(id),
  })
  await createServer().connect(transport)
  return transport
})
