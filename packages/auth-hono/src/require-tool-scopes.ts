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
 * Creates middleware that refuses calls to tools whose scopes the token lacks.
 *
 * The response is a 403 with a challenge that names all scopes, so that the client can ask the user for them. Anonymous
 * calls of such tools get a 401. Put it behind `requireBearerAuth`.
 *
 * Middleware between the two can remove rights by replacing the token with a copy that has fewer scopes, or with
 * `undefined`. A call then passes only if both tokens allow it, so middleware cannot add rights.
 *
 * Reads the JSON body if nothing has read it, 4 MiB at most. Handlers find it in `c.req` as usual.
 *
 * If a tool requires a scope that the provider can never grant, every request fails with an error that names the scope.
 *
 * @throws `TypeError` for an invalid table, and for invalid and unknown options.
 */
export function requireToolScopes(
  toolScopes: ToolScopes,
  options: ToolScopesOptions = {},
): MiddlewareHandler {
  const checked = checkedToolScopes(toolScopes)
  const checkedOptions = checkedToolScopesOptions(options)
  return async function requireToolScopes(c, next) {
    const admission = admissionOf(c)
    if (admission === undefined)
      throw new TypeError('requireToolScopes: requireBearerAuth must come before it.')
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
 * Returns the text of the body that `mcpHandler` passes on, and keeps it for handlers. Hono's own copy may differ, because
 * middleware can replace the request after reading it.
 */
async function readBody(c: Context): Promise<{ body?: string; refusal?: HttpResponse }> {
  if (Number(c.req.header('content-length')) > mcpBodyLimit) return { refusal: bodyTooLargeResponse() }
  // The earlier reader has limits of its own.
  if (c.req.raw.bodyUsed) return { body: await c.req.text() }
  const read = await readMcpBody(fromWebRequest(c.req.raw).body)
  if (read.refusal !== undefined) return { refusal: read.refusal }
  c.req.raw = new Request(c.req.raw, { body: read.text })
  return { body: read.text }
}
