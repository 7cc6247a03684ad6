import { createMcpGuard, internalErrorResponse, type McpHandlerOptions } from '@tollgate/auth-core/adapter'
import { type McpNodeTarget, sendHttpResponse, serveMcp } from '@tollgate/auth-core/node'
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Creates the handler that passes requests to the MCP server, with the verified token and the parsed body.
 *
 * Put `requireBearerAuth` into `onRequest` of its route. A request that no gate has admitted gets a 500, and the console
 * says what to do.
 *
 * Does **not** check whose session it is. Before you return the transport of a session, compare the caller with
 * `isSameCaller`, as SECURITY.md shows.
 *
 * @param target `createMcpHandler(...)` of SDK v2, or a function that connects a transport for the request and returns it
 * (SDK v1). The transport is closed when the response ends, unless it has a session.
 * @throws `TypeError` for invalid and unknown options.
 */
export function mcpHandler(target: McpNodeTarget<FastifyRequest>, options: McpHandlerOptions = {}) {
  const guard = createMcpGuard(options)
  return async function mcpHandler(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    // The MCP server writes the raw response, so the headers that hooks have set are copied to it.
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) reply.raw.setHeader(name, value)
    }
    reply.hijack()
    try {
      const raw = Object.assign(request.raw, { body: request.body })
      await serveMcp(target, request, raw, reply.raw, guard)
    } catch (error) {
      request.log.error(error)
      // The reply is hijacked, so Fastify's error handler cannot respond.
      sendHttpResponse(reply.raw, internalErrorResponse())
      reply.raw.end()
    }
  }
}
