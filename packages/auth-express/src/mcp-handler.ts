import { createMcpGuard, type McpHandlerOptions } from '@tollgate/auth-core/adapter'
import { type McpNodeTarget, serveMcp } from '@tollgate/auth-core/node'
import type { Request, RequestHandler } from 'express'

/**
 * Creates the handler that passes requests to the MCP server, with the verified token and the parsed body.
 *
 * Put it behind `requireBearerAuth`. A request that no gate has admitted gets a 500, and the console says what to do.
 *
 * Does **not** check whose session it is. Before you return the transport of a session, compare the caller with
 * `isSameCaller`, as SECURITY.md shows.
 *
 * @param target `createMcpHandler(...)` of SDK v2, or a function that connects a transport for the request and returns it
 * (SDK v1). The transport is closed when the response ends, unless it has a session.
 * @throws `TypeError` for invalid and unknown options.
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
