import {
  admissionOf,
  bodyTooLargeResponse,
  checkedToolScopes,
  checkedToolScopesOptions,
  fromWebRequest,
  mcpBodyLimit,
  readMcpBody,
  refuseToolCalls,
} from '@tollgate/auth-core/adapter'
import type { HttpResponse, ToolScopes, ToolScopesOptions } from '@tollgate/auth-core/resource-server'
import type { Context, MiddlewareHandler } from 'hono'
import { getAuth } from './get-auth.js'
import { send } from './send.js'

/**
 * Refuses a call of a tool whose scopes the token lacks with 403 and a challenge that names all of them, so that the
 * client can ask the user for more. Goes after `requireBearerAuth`. An anonymous call of such a tool is refused with
 * 401.
 *
 * Middleware between the two can take rights away: where it has replaced the token by a copy with fewer scopes, or by
 * nothing, a call must be allowed to both. It cannot give rights.
 *
 * Reads the JSON body if nothing has, 4 MiB at most; handlers find it in `c.req` as usual.
 *
 * A scope that no token of the gate's provider can have fails every request, because the tool could never be called:
 * the error names it.
 *
 * @throws `TypeError` at once for what is not a table of scopes, and for unknown options.
 */
export function requireToolScopes(
  toolScopes: ToolScopes,
  options: ToolScopesOptions = {},
): MiddlewareHandler {
  const checked = checkedToolScopes(toolScopes)
  const checkedOptions = checkedToolScopesOptions(options)
  return async function requireToolScopes(c, next) {
    const admission = admissionOf(c)
    if (admission === undefined) throw new TypeError('requireToolScopes must come after requireBearerAuth')
    const { method } = c.req
    const { body, refusal } = method === 'POST' ? await readBody(c) : {}
    const answer =
      refusal ?? refuseToolCalls(admission, [getAuth(c)], { method, body }, checked, checkedOptions)
    if (answer !== undefined) return send(c, answer)
    await next()
    return undefined
  }
}

/**
 * The text of the body that `mcpHandler` hands on, which is still there for handlers. Hono may keep another one: middleware
 * can replace the request after it has read it.
 */
async function readBody(c: Context): Promise<{ body?: string; refusal?: HttpResponse }> {
  if (Number(c.req.header('content-length')) > mcpBodyLimit) return { refusal: bodyTooLargeResponse() }
  // Whoever read it before has kept within limits of their own.
  if (c.req.raw.bodyUsed) return { body: await c.req.text() }
  const read = await readMcpBody(fromWebRequest(c.req.raw).body)
  if (read.refusal !== undefined) return { refusal: read.refusal }
  c.req.raw = new Request(c.req.raw, { body: read.text })
  return { body: read.text }
}
