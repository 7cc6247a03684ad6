import { authorizationOf, sendHttpResponse, setProtectedResponseHeaders } from '@tollgate/auth-core/node'
import {
  type AuthProviderLike,
  type BearerGate,
  type BearerGateOptions,
  createBearerGate,
} from '@tollgate/auth-core/resource-server'
import type { Request, RequestHandler } from 'express'

/** The gate that let a request pass, for what comes after it. */
const gates = new WeakMap<Request, BearerGate>()

/**
 * Lets a request pass only with a good bearer token. The token is then in `req.auth`, where both SDKs look for it,
 * and typed in `getAuth(req)`.
 *
 * @throws `TypeError` at once if the provider does not know its MCP path yet.
 */
export function requireBearerAuth(
  provider: AuthProviderLike,
  options: BearerGateOptions = {},
): RequestHandler {
  const gate = createBearerGate(provider, options)
  return async function requireBearerAuth(request, response, next) {
    try {
      const { accessToken, refusal } = await gate.authenticate(authorizationOf(request))
      if (refusal !== undefined) {
        sendHttpResponse(response, refusal)
        return
      }
      gates.set(request, gate)
      Object.assign(request, { auth: accessToken })
      setProtectedResponseHeaders(response)
      next()
    } catch (error) {
      next(error)
    }
  }
}

export function gateOf(request: Request): BearerGate | undefined {
  return gates.get(request)
}
