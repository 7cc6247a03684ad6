import {
  closeAfterUse,
  createMcpGuard,
  isMcpMethod,
  type McpFetchHandler,
  type McpHandlerOptions,
  type McpWebTransport,
  methodNotAllowedResponse,
  parseErrorResponse,
  refuseWithoutSession,
  withAuth,
} from '@tollgate/auth-core/resource-server'
import type { Context, Handler } from 'hono'
import { getAuth } from './get-auth.js'
import { send } from './send.js'

/** A handler, or what connects a transport for each request. */
export type McpTarget = McpFetchHandler | ((c: Context) => McpWebTransport | Promise<McpWebTransport>)

/**
 * Hands requests to the MCP server, with the verified token and the parsed body. Goes after `requireBearerAuth`: a
 * request that has passed no gate is refused with 500, and the console says what to do. The gate of an application that
 * `app.mount` has put around this one does not count, because the request is another one here.
 *
 * Does **not** know whose a session is: before you return the transport of one, compare `getAuth(c)?.subject` with
 * that of the request that began it, as SECURITY.md shows.
 *
 * @param target `createMcpHandler(...)` of SDK v2, or a function that connects a web transport for the request and
 * answers it. The transport is closed when the response ends, unless it has a session.
 * @throws `TypeError` at once for unknown options.
 */
export function mcpHandler(target: McpTarget, options: McpHandlerOptions = {}): Handler {
  const guard = createMcpGuard(options)
  return function mcpHandler(c) {
    const refusal = guard.refuse(c, getAuth(c))
    if (refusal !== undefined) return send(c, refusal)
    return withAuth(getAuth(c), () => serve(target, c))
  }
}

async function serve(target: McpTarget, c: Context): Promise<Response> {
  if (!isMcpMethod(c.req.method)) return send(c, methodNotAllowedResponse())
  const authInfo = getAuth(c)
  const read = await readBefore(c)
  if (read === 'malformed') return send(c, parseErrorResponse())
  const options = { ...(authInfo === undefined ? {} : { authInfo }), ...read }
  if (typeof target !== 'function') return target.fetch(c.req.raw, options)
  const transport = await target(c)
  const refusal = refuseWithoutSession(c.req.method, transport)
  if (refusal !== undefined) {
    closeAfterUse(transport)
    return send(c, refusal)
  }
  const answer = await transport.handleRequest(c.req.raw, options)
  return whenEnded(answer, () => closeAfterUse(transport))
}

/** The message of a request whose body has been read: Hono has it then, and the request has not. */
async function readBefore(c: Context): Promise<{ readonly parsedBody?: unknown } | 'malformed'> {
  if (c.req.method !== 'POST' || !c.req.raw.bodyUsed) return {}
  const text = await c.req.text()
  try {
    return { parsedBody: JSON.parse(text) }
  } catch {
    return 'malformed'
  }
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
