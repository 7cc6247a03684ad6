import type { AuthEvent } from '../events/auth-event.js'
import { hintFor } from '../events/failure-hints.js'
import { errorResponse } from '../http/error-response.js'
import type { HttpResponse } from '../http/http-response.js'
import { type Endpoint, endpointRoutes, type Method, type Route } from '../http/route.js'
import type { EndpointName } from '../oauth/endpoint-names.js'
import { type OAuthError, toOAuthError } from '../oauth/oauth-error.js'
import { AuthorizationError } from './authorization/authorization-response.js'
import { UnknownClientError } from './authorization/unknown-client.js'
import { answerAuthorizationError, answerUnknownClient } from './pages/answer-authorization-error.js'
import { showError } from './pages/show-error.js'
import { enforceRateLimit } from './rate-limit/rate-limit.js'
import type { AuthorizationServer } from './server/authorization-server.js'
import { beginCall, type ServerCall } from './server/server-call.js'

/** Answers a request to an endpoint, or throws. */
export type ServerEndpoint = (call: ServerCall) => Promise<HttpResponse>

type Methods = Readonly<Partial<Record<Method, ServerEndpoint>>>
type AnswerError = (call: ServerCall, error: OAuthError) => HttpResponse | Promise<HttpResponse>

/** What clients call: JSON, from any origin. */
export function clientRoutes(
  server: AuthorizationServer,
  name: EndpointName,
  methods: Methods,
  statusOf: (error: OAuthError) => number = (error) => error.status,
): Route[] {
  return reportedRoutes(server, name, methods, {
    cors: true,
    answerError: (_call, error) => errorResponse(error, statusOf(error)),
  })
}

/** What people look at: pages, and redirects to the client. No other origin may read them (RFC 9700 section 2.6). */
export function pageRoutes(server: AuthorizationServer, name: EndpointName, methods: Methods): Route[] {
  return reportedRoutes(server, name, methods, {
    cors: false,
    answerError(call, error) {
      if (error instanceof AuthorizationError) return answerAuthorizationError(call, error)
      if (error instanceof UnknownClientError) return answerUnknownClient(call, error)
      return showError(call, error)
    },
  })
}

function reportedRoutes(
  server: AuthorizationServer,
  name: EndpointName,
  methods: Methods,
  { cors, answerError }: { readonly cors: boolean; readonly answerError: AnswerError },
): Route[] {
  const reported =
    (endpoint: ServerEndpoint): Endpoint =>
    async (request, native) => {
      const call = beginCall(server, name, request, native)
      try {
        await enforceRateLimit(call, { stage: 'arrived' })
        return await endpoint(call)
      } catch (thrown) {
        const error = toOAuthError(thrown)
        call.emit(failureOf(name, error))
        return answerError(call, error)
      }
    }
  const endpoints = Object.entries(methods).map(([method, endpoint]) => [method, reported(endpoint)])
  return endpointRoutes({ path: server.paths[name], methods: Object.fromEntries(endpoints), cors })
}

function failureOf(endpoint: EndpointName, error: OAuthError): AuthEvent {
  const { code, message: description, reason, hint = hintFor(reason), clientId, cause } = error
  return { type: 'request.failed', endpoint, code, description, reason, hint, clientId, cause }
}
