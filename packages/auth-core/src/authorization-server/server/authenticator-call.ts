import type { HttpRequest } from '../../http/http-request.js'
import type { ClientCall } from '../client-authentication/authenticate-client.js'
import type { AuthorizationServer } from './authorization-server.js'
import type { ServerCall } from './server-call.js'

/** The calls whose requests authenticators got copies of. */
const calls = new WeakMap<Request, ServerCall>()

/** Notes which call a copy of a request belongs to, so that an authenticator of ours applies the endpoint's limits. */
export function noteCall(copy: Request, call: ServerCall): void {
  calls.set(copy, call)
}

/**
 * The call in which an authenticator looks at a request. Limits and events are those of the endpoint that the request came
 * to; a request to another endpoint of the application has no limits.
 */
export function authenticatorCall(
  server: AuthorizationServer,
  request: Request,
  http: HttpRequest,
): ClientCall {
  const { endpoint, address, rateLimit, emit = server.emit }: Partial<ServerCall> = calls.get(request) ?? {}
  return { server, http, endpoint, address, rateLimit, emit }
}
