import { createBearerGate, type GateAnswer, isPromiseLike } from '@tollgate/auth-core/adapter'
import {
  admitNodeRequest,
  authorizationOf,
  NodeGateRequest,
  sendHttpResponse,
} from '@tollgate/auth-core/node'
import type { AuthProviderLike, BearerGateOptions } from '@tollgate/auth-core/resource-server'
import type { NextFunction, Request, RequestHandler, Response } from 'express'

/**
 * Lets a request pass only with a good bearer token. The token is then in `req.auth`, where both SDKs look for it,
 * and typed in `getAuth(req)`. With `allowAnonymous`, requests without a token pass that use nothing but what it lists.
 *
 * @throws `TypeError` at once if the provider does not know its MCP path yet.
 */
export function requireBearerAuth(
  provider: AuthProviderLike<object>,
  options: BearerGateOptions = {},
): RequestHandler {
  const gate = createBearerGate(provider, options)

  function proceed(
    answer: GateAnswer<object>,
    request: Request,
    response: Response,
    next: NextFunction,
  ): void {
    // The application has answered by itself meanwhile, for example because its deadline was over.
    if (response.headersSent) return
    if (answer.refusal !== undefined) {
      sendHttpResponse(response, answer.refusal)
      return
    }
    admitNodeRequest({ gate, accessToken: answer.accessToken }, request, response)
    next()
  }

  return function requireBearerAuth(request, response, next) {
    const answer = gate.authenticate(authorizationOf(request), new NodeGateRequest(request, request))
    // A known token passes at once.
    if (!isPromiseLike(answer)) proceed(answer, request, response, next)
    else answer.then((settled) => proceed(settled, request, response, next)).catch(next)
  }
}
