import { errorResponse } from '../http/error-response.js'
import { type HttpRequest, pathOf } from '../http/http-request.js'
import type { HttpResponse } from '../http/http-response.js'
import { type Endpoint, endpointRoutes, type Method, type Route } from '../http/route.js'
import type { OAuthError } from '../oauth-error.js'
import { AuthorizationError, authorizationErrorResponse } from './authorization-response.js'
import type { AuthorizationServer } from './authorization-server.js'
import { errorPage } from './pages/error-page.js'

type Methods = Readonly<Partial<Record<Method, Endpoint>>>

/** What clients call: JSON, from any origin. */
export function clientRoutes(
  server: AuthorizationServer,
  path: string,
  methods: Methods,
  statusOf: (error: OAuthError) => number = (error) => error.status,
): Route[] {
  return endpointRoutes({
    path,
    methods,
    cors: true,
    onError(error, request) {
      report(server, error, request)
      return errorResponse(error, statusOf(error))
    },
  })
}

/** What people look at: pages, and redirects to the client. No other origin may read them (RFC 9700 section 2.6). */
export function pageRoutes(server: AuthorizationServer, path: string, methods: Methods): Route[] {
  return endpointRoutes({
    path,
    methods,
    cors: false,
    onError(error, request): HttpResponse {
      report(server, error, request)
      return error instanceof AuthorizationError
        ? authorizationErrorResponse(server, request.method, error)
        : errorPage(error, request)
    },
  })
}

function report(server: AuthorizationServer, error: OAuthError, request: HttpRequest): void {
  const { code, reason, cause } = error
  server.emit({ type: 'request.failed', path: pathOf(request), code, reason, cause })
}
