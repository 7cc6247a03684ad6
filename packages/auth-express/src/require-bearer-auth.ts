import { createBearerGate, type GateAnswer, isPromiseLike } from '@tollgate/auth-core/adapter'
import { admitNodeRequest, authenticateNodeRequest, sendHttpResponse } from '@tollgate/auth-core/node'
import type { AuthProviderLike, BearerGateOptions } from '@tollgate/auth-core/resource-server'
import type { NextFunction, Request, RequestHandler, Response } from 'express'

/**
 * Creates middleware that admits requests with a valid bearer token. The token is then in `req.auth`, where both SDKs look
 * for it, and `getAuth(req)` returns it with its type. `allowAnonymous` lists what requests without a token may use.
 *
 * @throws `TypeError` if the provider does not know its MCP path yet.
 */
export function requireBearerAuth(
  provider: AuthProviderLike<object>,
  options: BearerGateOptions = {},
): RequestHandler {
  const gate = createBearerGate(provider, options)

  function proceed(
    { accessToken, refusal }: GateAnswer<object>,
    request: Request,
    response: Response,
    next: NextFunction,
  ): void {
    // The application has responded in the meantime, for example because of a time limit.
    if (response.headersSent) return
    if (refusal !== undefined) {
      sendHttpResponse(response, refusal)
      return
    }
    admitNodeRequest({ gate, accessToken }, request, response)
    next()
  }

  return function requireBearerAuth(request, response, next) {
    const answer = authenticateNodeRequest(gate, request)
    // A cached token takes no trip through the event loop.
    if (!isPromiseLike(answer)) proceed(answer, request, response, next)
    else answer.then((settled) => proceed(settled, request, response, next)).catch(next)
  }
}
