import type { AuthEvent } from '../events/auth-event.js'
import { hintFor } from '../events/failure-hints.js'
import { errorResponse } from '../http/error-response.js'
import type { HttpResponse } from '../http/http-response.js'
import { type Endpoint, endpointRoutes, type Route } from '../http/route.js'
import type { EndpointName } from '../oauth/endpoint-names.js'
import { type OAuthError, toOAuthError } from '../oauth/oauth-error.js'
import { AuthorizationError } from './authorization/authorization-response.js'
import { UnknownClientError } from './authorization/unknown-client.js'
import type { EndpointRow, ServerEndpoint } from './endpoints/endpoint-table.js'
import { answerAuthorizationError, answerUnknownClient } from './pages/answer-authorization-error.js'
import { showError } from './pages/show-error.js'
import { enforceRateLimit } from './rate-limit/rate-limit.js'
import type { AuthorizationServer } from './server/authorization-server.js'
import { beginCall, type ServerCall } from './server/server-call.js'

/** Returns the routes of an endpoint. They apply its rate limit, emit its events and respond to its errors. */
export function serveEndpoint(server: AuthorizationServer, row: EndpointRow): Route[] {
  const served =
    (endpoint: ServerEndpoint): Endpoint =>
    async (request, native) => {
      const call = beginCall(server, row.name, request, native)
      try {
        await enforceRateLimit(call, { stage: 'arrived' })
        return await endpoint(call)
      } catch (thrown) {
        const error = toOAuthError(thrown)
        call.emit(failureOf(row.name, error))
        return row.for === 'browser'
          ? pageOf(call, error)
          : errorResponse(error, row.statusOf?.(error, server))
      }
    }
  const methods = Object.entries(row.methods).map(([method, endpoint]) => [method, served(endpoint)])
  return endpointRoutes({
    path: server.paths[row.name],
    methods: Object.fromEntries(methods),
    cors: row.for === 'client',
  })
}

function pageOf(call: ServerCall, error: OAuthError): HttpResponse | Promise<HttpResponse> {
  if (error instanceof AuthorizationError) return answerAuthorizationError(call, error)
  if (error instanceof UnknownClientError) return answerUnknownClient(call, error)
  return showError(call, error)
}

function failureOf(endpoint: EndpointName, error: OAuthError): AuthEvent {
  const { code, message: description, reason, hint = hintFor(reason), clientId, cause } = error
  return { type: 'request.failed', endpoint, code, description, reason, hint, clientId, cause }
}
