import { type McpNodeTarget, serveMcp } from '@tollgate/auth-core/node'
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Hands requests to the MCP server, with the verified token and the parsed body.
 *
 * @param target `createMcpHandler(...)` of SDK v2, or a function that connects a transport for the request and
 * answers it (SDK v1); the transport is closed when the response ends.
 */
export function mcpHandler(target: McpNodeTarget<FastifyRequest>) {
  return async function mcpHandler(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    // The MCP server writes the response itself: what hooks have put on the reply so far goes with it.
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) reply.raw.setHeader(name, value)
    }
    reply.hijack()
    try {
      await serveMcp(target, request, Object.assign(request.raw, { body: request.body }), reply.raw)
    } catch (error) {
      request.log.error(error)
      if (!reply.raw.headersSent) reply.raw.statusCode = 500
      reply.raw.end()
    }
  }
}
