import { createMcpGuard, type McpHandlerOptions } from '@tollgate/auth-core/adapter'
import { type McpNodeTarget, serveMcp } from '@tollgate/auth-core/node'
import type { Request, RequestHandler } from 'express'

/**
 * Hands requests to the MCP server, with the verified token and the parsed body. Goes after `requireBearerAuth`: a
 * request that has passed no gate is refused with 500, and the console says what to do.
 *
 * Does **not** know whose a session is: before you return the transport of one, compare `getAuth(request)?.subject` with
 * that of the request that began it, as SECURITY.md shows.
 *
 * @param target `createMcpHandler(...)` of SDK v2, or a function that connects a transport for the request and
 * answers it (SDK v1). The transport is closed when the response ends, unless it has a session.
 * @throws `TypeError` at once for unknown options.
 */
export function mcpHandler(target: McpNodeTarget<Request>, options: McpHandlerOptions = {}): RequestHandler {
  const guard = createMcpGuard(options)
  return async function mcpHandler(request, response, next) {
    try {
      await serveMcp(target, request, request, response, guard)
    } catch (error) {
      next(error)
    }
  }
}
