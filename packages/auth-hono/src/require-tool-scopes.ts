import {
  parseErrorResponse,
  scopesOfToolCalls,
  type ToolScopes,
  toWebResponse,
} from '@tollgate/auth-core/resource-server'
import type { MiddlewareHandler } from 'hono'
import { getAuth } from './get-auth.js'
import { gateOf } from './require-bearer-auth.js'

/**
 * Refuses a call of a tool whose scopes the token lacks with 403 and a challenge that names all of them, so that the
 * client can ask the user for more. Goes after `requireBearerAuth`.
 */
export function requireToolScopes(toolScopes: ToolScopes): MiddlewareHandler {
  return async function requireToolScopes(c, next) {
    const gate = gateOf(c)
    const accessToken = getAuth(c)
    if (gate === undefined || accessToken === undefined) {
      throw new TypeError('requireToolScopes must come after requireBearerAuth')
    }
    if (c.req.method === 'POST') {
      let body: unknown
      try {
        body = await c.req.json()
      } catch {
        return toWebResponse(parseErrorResponse())
      }
      const refusal = gate.refuseMissingScopes(accessToken, scopesOfToolCalls(body, toolScopes))
      if (refusal !== undefined) return toWebResponse(refusal)
    }
    await next()
    return undefined
  }
}
