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
 * Creates middleware that refuses calls to tools whose scopes the token lacks.
 *
 * The response is a 403 with a challenge that names all scopes, so that the client can ask the user for them. Anonymous
 * calls of such tools get a 401. Put it behind `requireBearerAuth`.
 *
 * Middleware between the two can remove rights by replacing the token with a copy that has fewer scopes, or with
 * `undefined`. A call then passes only if both tokens allow it, so middleware cannot add rights.
 *
 * Reads the JSON body if nothing has read it, 4 MiB at most, and leaves it in `req.body`.
 *
 * If a tool requires a scope that the provider can never grant, every request fails with an error that names the scope.
 *
 * @throws `TypeError` for an invalid table, and for invalid and unknown options.
 */
export function requireToolScopes(toolScopes: ToolScopes, options: ToolScopesOptions = {}): RequestHandler {
  const checked = checkedToolScopes(toolScopes)
  const checkedOptions = checkedToolScopesOptions(options)
  return async function requireToolScopes(request, response, next) {
    try {
      const admission = admissionOf(request)
      if (admission === undefined)
        throw new TypeError('requireToolScopes: requireBearerAuth must come before it.')
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
