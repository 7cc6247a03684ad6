import { createMcpGuard, internalErrorResponse, type McpHandlerOptions } from '@tollgate/auth-core/adapter'
import { type McpNodeTarget, sendHttpResponse, serveMcp } from '@tollgate/auth-core/node'
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Hands requests to the MCP server, with the verified token and the parsed body. Goes with `requireBearerAuth` in
 * `onRequest`: a request that has passed no gate is refused with 500, and the console says what to do.
 *
 * Does **not** know whose a session is: before you return the transport of one, compare `getAuth(request)?.subject` with
 * that of the request that began it, as SECURITY.md shows.
 *
 * @param target `createMcpHandler(...)` of SDK v2, or a function that connects a transport for the request and
 * answers it (SDK v1). The transport is closed when the response ends, unless it has a session.
 * @throws `TypeError` at once for unknown options.
 */
export function mcpHandler(target: McpNodeTarget<FastifyRequest>, options: McpHandlerOptions = {}) {
  const guard = createMcpGuard(options)
  return async function mcpHandler(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    // The MCP server writes the response itself: what hooks have put on the reply so far goes with it.
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) reply.raw.setHeader(name, value)
    }
    reply.hijack()
    try {
      const raw = Object.assign(request.raw, { body: request.body })
      await serveMcp(target, request, raw, reply.raw, guard)
    } catch (error) {
      request.log.error(error)
      // The reply is not Fastify's any more, so the answer of its error handler cannot be had.
      sendHttpResponse(reply.raw, internalErrorResponse())
      reply.raw.end()
    }
  }
}
