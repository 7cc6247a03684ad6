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

/** A handler, or a function that connects a transport for a request. */
export type McpTarget = McpFetchHandler | ((c: Context) => McpWebTransport | Promise<McpWebTransport>)

/**
 * Creates the handler that passes requests to the MCP server, with the verified token and the parsed body.
 *
 * Put it behind `requireBearerAuth`. A request that no gate has admitted gets a 500, and the console says what to do. The
 * gate of an outer application does not count behind `app.mount`, because that creates another request.
 *
 * Does **not** check whose session it is. Before you return the transport of a session, compare the caller with
 * `isSameCaller`, as SECURITY.md shows.
 *
 * @param target `createMcpHandler(...)` of SDK v2, or a function that connects a web transport for the request and returns
 * it. The transport is closed when the response ends, unless it has a session.
 * @throws `TypeError` for invalid and unknown options.
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

/** Returns the message of a request whose body has been read. Hono then has it, and the request has not. */
async function readBefore(c: Context): Promise<{ readonly parsedBody?: unknown } | 'malformed'> {
  if (c.req.method !== 'POST' || !c.req.raw.bodyUsed) return {}
  const text = await c.req.text()
  try {
    return { parsedBody: JSON.parse(text) }
  } catch {
    return 'malformed'
  }
}
