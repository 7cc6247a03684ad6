import {
  closeAfterUse,
  type McpFetchHandler,
  type McpWebTransport,
  withAuth,
} from '@tollgate/auth-core/resource-server'
import type { Context, Handler } from 'hono'
import { getAuth } from './get-auth.js'

/** A handler, or what connects a transport for each request. */
export type McpTarget = McpFetchHandler | ((c: Context) => McpWebTransport | Promise<McpWebTransport>)

/**
 * Hands requests to the MCP server, with the verified token and the parsed body.
 *
 * @param target `createMcpHandler(...)` of SDK v2, or a function that connects a web transport for the request and
 * answers it. The transport is closed when the response ends, unless it has a session.
 */
export function mcpHandler(target: McpTarget): Handler {
  return function mcpHandler(c) {
    return withAuth(getAuth(c), () => serve(target, c))
  }
}

async function serve(target: McpTarget, c: Context): Promise<Response> {
  const authInfo = getAuth(c)
  const options = {
    ...(authInfo === undefined ? {} : { authInfo }),
    // Once the body has been read, Hono has it and the request has not.
    ...(c.req.raw.bodyUsed ? { parsedBody: await c.req.json() } : {}),
  }
  if (typeof target !== 'function') return target.fetch(c.req.raw, options)
  const transport = await target(c)
  const answer = await transport.handleRequest(c.req.raw, options)
  return whenEnded(answer, () => closeAfterUse(transport))
}

/** The same response, and a call when its body has been sent, has failed, or is not wanted any more. */
function whenEnded(answer: Response, ended: () => void): Response {
  if (answer.body === null) {
    ended()
    return answer
  }
  const reader = answer.body.getReader()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (!done) return controller.enqueue(value)
        controller.close()
      } catch (error) {
        controller.error(error)
      }
      ended()
    },
    async cancel(reason) {
      ended()
      await reader.cancel(reason)
    },
  })
  const { status, statusText, headers } = answer
  return new Response(body, { status, statusText, headers })
}
