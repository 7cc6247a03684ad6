import type { AuthEvent, EventListener } from '../events/auth-event.js'
import { noListener } from '../events/listener.js'
import { errorResponse } from '../http/error-response.js'
import type { HttpRequest } from '../http/http-request.js'
import type { HttpResponse } from '../http/http-response.js'
import { type Endpoint, endpointRoutes, type Method, type Route } from '../http/route.js'
import { type OAuthError, toOAuthError } from '../oauth/oauth-error.js'
import { randomToken } from '../runtime/crypto.js'
import { ignoreRejection } from '../runtime/promise-like.js'
import { AuthorizationError } from './authorization/authorization-response.js'
import { UnknownClientError } from './authorization/unknown-client.js'
import { answerAuthorizationError, answerUnknownClient } from './pages/answer-authorization-error.js'
import { showError } from './pages/show-error.js'
import { type ClientAddress, refuseTooMany } from './rate-limit/rate-limit.js'
import type { AuthorizationServer, EndpointName } from './server/authorization-server.js'
import { hintFor } from './server/failure-hints.js'

/** Answers a request to an endpoint, or throws. */
export type ServerEndpoint = (
  server: AuthorizationServer,
  request: HttpRequest,
  native: unknown,
) => Promise<HttpResponse>

type Methods = Readonly<Partial<Record<Method, ServerEndpoint>>>
type AnswerError = (
  server: AuthorizationServer,
  request: HttpRequest,
  native: unknown,
  error: OAuthError,
) => HttpResponse | Promise<HttpResponse>

/** What clients call: JSON, from any origin. */
export function clientRoutes(
  server: AuthorizationServer,
  name: EndpointName,
  methods: Methods,
  statusOf: (error: OAuthError) => number = (error) => error.status,
): Route[] {
  return reportedRoutes(server, name, methods, {
    cors: true,
    answerError: (_server, _request, _native, error) => errorResponse(error, statusOf(error)),
  })
}

/** What people look at: pages, and redirects to the client. No other origin may read them (RFC 9700 section 2.6). */
export function pageRoutes(server: AuthorizationServer, name: EndpointName, methods: Methods): Route[] {
  return reportedRoutes(server, name, methods, {
    cors: false,
    answerError(scoped, request, native, error) {
      if (error instanceof AuthorizationError) return answerAuthorizationError(scoped, request, native, error)
      if (error instanceof UnknownClientError) return answerUnknownClient(scoped, request, native, error)
      return showError(scoped, request, native, error)
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
      const scoped = forOneRequest(server, name, request, native)
      try {
        await refuseTooMany(scoped, { stage: 'arrived' })
        return await endpoint(scoped, request, native)
      } catch (thrown) {
        const error = toOAuthError(thrown)
        scoped.emit(failureOf(name, error))
        return answerError(scoped, request, native, error)
      }
    }
  const endpoints = Object.entries(methods).map(([method, endpoint]) => [method, reported(endpoint)])
  return endpointRoutes({ path: server.paths[name], methods: Object.fromEntries(endpoints), cors })
}

/** The server as the endpoints see it while they answer one request: its events say which request that is. */
function forOneRequest(
  server: AuthorizationServer,
  endpoint: EndpointName,
  request: HttpRequest,
  native: unknown,
): AuthorizationServer {
  const requestId = server.emit === noListener ? undefined : randomToken(12)
  const emit: EventListener =
    requestId === undefined ? noListener : (event) => server.emit({ ...event, requestId })
  const address = addressOf(server.clientAddress, request, native, emit)
  return { ...server, request: { endpoint, id: requestId, address }, emit }
}

/** Without an address, less is limited; but no request fails because of that. */
function addressOf(
  clientAddress: ClientAddress | undefined,
  request: HttpRequest,
  native: unknown,
  emit: EventListener,
): string | undefined {
  try {
    const address: unknown = clientAddress?.(request, native)
    if (address === undefined || typeof address === 'string') return address
    ignoreRejection(address)
    throw new TypeError('clientAddress must answer a string or undefined, and no promise')
  } catch (cause) {
    emit({ type: 'source.unavailable', source: 'client_address', cause })
    return undefined
  }
}

function failureOf(endpoint: EndpointName, error: OAuthError): AuthEvent {
  const { code, message: description, reason, hint = hintFor(reason), clientId, cause } = error
  return { type: 'request.failed', endpoint, code, description, reason, hint, clientId, cause }
}
