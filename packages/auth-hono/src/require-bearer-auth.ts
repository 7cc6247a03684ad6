import {
  type AuthProviderLike,
  type BearerGate,
  type BearerGateOptions,
  createBearerGate,
  protectedResponseHeaders,
} from '@tollgate/auth-core/resource-server'
import type { Context, MiddlewareHandler } from 'hono'
import { send } from './send.js'

/** The gate that let a request pass, for what comes after it. */
const gates = new WeakMap<Context, BearerGate>()

/**
 * Lets a request pass only with a good bearer token. The token is then in `c.get('auth')`, typed in `getAuth(c)`.
 *
 * @throws `TypeError` at once if the provider does not know its MCP path yet.
 */
export function requireBearerAuth(
  provider: AuthProviderLike,
  options: BearerGateOptions = {},
): MiddlewareHandler {
  const gate = createBearerGate(provider, options)
  return async function requireBearerAuth(c, next) {
    const { accessToken, refusal } = await gate.authenticate(c.req.header('authorization'))
    if (refusal !== undefined) return send(c, refusal)
    gates.set(c, gate)
    c.set('auth', accessToken)
    await next()
    for (const [name, value] of Object.entries(protectedResponseHeaders)) {
      if (!c.res.headers.has(name)) c.header(name, value)
      else if (name === 'vary') c.header(name, value, { append: true })
    }
    return undefined
  }
}

export function gateOf(c: Context): BearerGate | undefined {
  return gates.get(c)
}
