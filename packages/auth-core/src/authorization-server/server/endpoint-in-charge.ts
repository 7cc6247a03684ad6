import type { AuthorizationServer } from './authorization-server.js'

/** The servers that answer the requests which authenticators were given copies of. */
const answering = new WeakMap<Request, AuthorizationServer>()

/** Notes which endpoint a copy of a request is from, so that an authenticator of ours can apply the endpoint's limits. */
export function noteEndpoint(copy: Request, scoped: AuthorizationServer): void {
  answering.set(copy, scoped)
}

/**
 * The server as an authenticator sees it while it looks at a request: limits and events are those of the endpoint that
 * the request came to. The server itself for all other requests, which nothing limits.
 */
export function withEndpointOf(server: AuthorizationServer, request: Request): AuthorizationServer {
  const scoped = answering.get(request)
  if (scoped === undefined) return server
  return { ...server, request: scoped.request, rateLimit: scoped.rateLimit, emit: scoped.emit }
}
