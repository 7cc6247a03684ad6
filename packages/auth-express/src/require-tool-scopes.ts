import {
  admissionOf,
  checkedToolScopes,
  checkedToolScopesOptions,
  refuseToolCalls,
} from '@tollgate/auth-core/adapter'
import { readNodeBody, sendHttpResponse } from '@tollgate/auth-core/node'
import type { ToolScopes, ToolScopesOptions } from '@tollgate/auth-core/resource-server'
import type { RequestHandler } from 'express'
import { getAuth } from './get-auth.js'

/**
 * Refuses a call of a tool whose scopes the token lacks with 403 and a challenge that names all of them, so that the
 * client can ask the user for more. Goes after `requireBearerAuth`. An anonymous call of such a tool is refused with
 * 401.
 *
 * Middleware between the two can take rights away: where it has replaced the token by a copy with fewer scopes, or by
 * nothing, a call must be allowed to both. It cannot give rights.
 *
 * Reads the JSON body if nothing has, 4 MiB at most, and leaves it in `req.body`.
 *
 * A scope that no token of the gate's provider can have fails every request, because the tool could never be called:
 * the error names it.
 *
 * @throws `TypeError` at once for what is not a table of scopes, and for unknown options.
 */
export function requireToolScopes(toolScopes: ToolScopes, options: ToolScopesOptions = {}): RequestHandler {
  const checked = checkedToolScopes(toolScopes)
  const checkedOptions = checkedToolScopesOptions(options)
  return async function requireToolScopes(request, response, next) {
    try {
      const admission = admissionOf(request)
      if (admission === undefined) throw new TypeError('requireToolScopes must come after requireBearerAuth')
      const { body, refusal } = await readNodeBody(request)
      const { method } = request
      const answer =
        refusal ?? refuseToolCalls(admission, [getAuth(request)], { method, body }, checked, checkedOptions)
      if (answer !== undefined) {
        sendHttpResponse(response, answer)
        return
      }
      request.body = body
      next()
    } catch (error) {
      next(error)
    }
  }
}
