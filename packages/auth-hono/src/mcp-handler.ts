import type { McpFetchHandler, McpWebTransport } from '@tollgate/auth-core/resource-server'
import type { Context, Handler } from 'hono'
import { getAuth } from './get-auth.js'

/** A handler, or what connects a transport for each request. */
export type McpTarget = McpFetchHandler | ((c: Context) => McpWebTransport | Promise<McpWebTransport>)

/**
 * Hands requests to the MCP server, with the verified token and the parsed body.
 *
 * @param target `createMcpHandler(...)` of SDK v2, or a function that connects a web transport for the request and
 * answers it.
 */
export function mcpHandler(target: McpTarget): Handler {
  return async function mcpHandler(c) {
    const authInfo = getAuth(c)
    const options = {
      ...(authInfo === undefined ? {} : { authInfo }),
      // Once the body has been read, Hono has it and the request has not.
      ...(c.req.raw.bodyUsed ? { parsedBody: await c.req.json() } : {}),
    }
    if (typeof target !== 'function') return target.fetch(c.req.raw, options)
    const transport = await target(c)
    return transport.handleRequest(c.req.raw, options)
  }
}
