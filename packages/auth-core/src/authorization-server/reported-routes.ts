import { errorResponse } from '../http/error-response.js'
import { type HttpRequest, pathOf } from '../http/http-request.js'
import { type Endpoint, endpointRoutes, type Method, type Route } from '../http/route.js'
import type { OAuthError } from '../oauth-error.js'
import { AuthorizationError, authorizationErrorResponse } from './authorization-response.js'
import type { AuthorizationServer } from './authorization-server.js'
import { showError } from './pages/show-error.js'

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
    async onError(error, request, native) {
      report(server, error, request)
      return error instanceof AuthorizationError
        ? authorizationErrorResponse(server, request.method, error)
        : showError(server, request, native, error)
    },
  })
}

function report(server: AuthorizationServer, error: OAuthError, request: HttpRequest): void {
  const { code, reason, cause } = error
  server.emit({ type: 'request.failed', path: pathOf(request), code, reason, cause })
}
