import {
  closeAfterUse,
  createMcpGuard,
  isMcpMethod,
  type McpFetchHandler,
  type McpHandlerOptions,
  type McpWebTransport,
  methodNotAllowedResponse,
  parseErrorResponse,
  type RespondOutcome,
  type ResponseWatch,
  refuseWithoutSession,
  respondWhile,
  withAuth,
} from '@tollgate/auth-core/adapter'
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
    const watch = guard.watchOf(c, getAuth(c), c.req.header('authorization'))
    return withAuth(getAuth(c), () => serve(target, c, watch))
  }
}

async function serve(target: McpTarget, c: Context, watch: ResponseWatch | undefined): Promise<Response> {
  if (!isMcpMethod(c.req.method)) return send(c, methodNotAllowedResponse())
  const authInfo = getAuth(c)
  const read = await readBefore(c)
  if (read === 'malformed') return send(c, parseErrorResponse())
  const options = { ...(authInfo === undefined ? {} : { authInfo }), ...read }
  if (typeof target !== 'function')
    return settle(c, await respondWhile(watch, () => target.fetch(c.req.raw, options)))
  const transport = await target(c)
  const close = () => closeAfterUse(transport)
  const refusal = refuseWithoutSession(c.req.method, transport)
  if (refusal !== undefined) {
    close()
    return send(c, refusal)
  }
  const respond = () => transport.handleRequest(c.req.raw, options)
  return settle(c, await respondWhile(watch, respond, { onClosed: close }))
}

function settle(c: Context, { response, refusal }: RespondOutcome): Response {
  return refusal === undefined ? response : send(c, refusal)
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
