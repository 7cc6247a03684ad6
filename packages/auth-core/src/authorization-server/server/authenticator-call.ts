import type { HttpRequest } from '../../http/http-request.js'
import type { ClientCall } from '../client-authentication/authenticate-client.js'
import type { AuthorizationServer } from './authorization-server.js'
import type { ServerCall } from './server-call.js'

/** The calls of the request copies that authenticators were given. */
const calls = new WeakMap<Request, ServerCall>()

/** Notes the call of a request copy, so that `PrivateKeyJWTClientAuthenticator` applies the limits of the endpoint. */
export function noteCall(copy: Request, call: ServerCall): void {
  calls.set(copy, call)
}

/**
 * Returns the call in which an authenticator reads a request. Limits and events are those of the endpoint. A request to
 * an endpoint of the application has no limits.
 */
export function authenticatorCall(
  server: AuthorizationServer,
  request: Request,
  http: HttpRequest,
): ClientCall {
  const { endpoint, address, rateLimit, emit = server.emit }: Partial<ServerCall> = calls.get(request) ?? {}
  return { server, http, endpoint, address, rateLimit, emit }
}
