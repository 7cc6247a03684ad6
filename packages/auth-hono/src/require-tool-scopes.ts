import type { ToolScopes } from '@tollgate/auth-core/resource-server'
import type { MiddlewareHandler } from 'hono'
import { getAuth } from './get-auth.js'
import { gateOf } from './require-bearer-auth.js'
import { send } from './send.js'

/**
 * Refuses a call of a tool whose scopes the token lacks with 403 and a challenge that names all of them, so that the
 * client can ask the user for more. Goes after `requireBearerAuth`.
 *
 * Reads the whole body: put Hono's `bodyLimit` in front of it.
 */
export function requireToolScopes(toolScopes: ToolScopes): MiddlewareHandler {
  return async function requireToolScopes(c, next) {
    const gate = gateOf(c)
    const accessToken = getAuth(c)
    if (gate === undefined || accessToken === undefined) {
      throw new TypeError('requireToolScopes must come after requireBearerAuth')
    }
    const body = c.req.method === 'POST' ? await c.req.text() : undefined
    const refusal = gate.refuseToolCalls(accessToken, c.req.method, body, toolScopes)
    if (refusal !== undefined) return send(c, refusal)
    await next()
    return undefined
  }
}
