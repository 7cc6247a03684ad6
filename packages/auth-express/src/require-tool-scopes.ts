import { readNodeBody, sendHttpResponse } from '@tollgate/auth-core/node'
import { admissionOf, checkedToolScopes, type ToolScopes } from '@tollgate/auth-core/resource-server'
import type { RequestHandler } from 'express'

/**
 * Refuses a call of a tool whose scopes the token lacks with 403 and a challenge that names all of them, so that the
 * client can ask the user for more. Goes after `requireBearerAuth`. An anonymous call of such a tool is refused with
 * 401.
 *
 * Reads the JSON body if nothing has, 4 MiB at most, and leaves it in `req.body`.
 */
export function requireToolScopes(toolScopes: ToolScopes): RequestHandler {
  const checked = checkedToolScopes(toolScopes)
  return async function requireToolScopes(request, response, next) {
    try {
      const admission = admissionOf(request)
      if (admission === undefined) throw new TypeError('requireToolScopes must come after requireBearerAuth')
      const { gate, accessToken } = admission
      const { body, refusal } = await readNodeBody(request)
      const answer = refusal ?? gate.refuseToolCalls(accessToken, request.method, body, checked)
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
