import type { EventListener } from '../../events/auth-event.js'
import { requestEvents } from '../../events/request-events.js'
import type { HttpRequest } from '../../http/http-request.js'
import type { EndpointName } from '../../oauth/endpoint-names.js'
import { ignoreRejection } from '../../runtime/promise-like.js'
import type { RateLimit } from '../rate-limit/rate-limit.js'
import type { AuthorizationServer } from './authorization-server.js'

/** A request to an endpoint of a server. */
export interface ServerCall {
  readonly server: AuthorizationServer
  readonly endpoint: EndpointName
  readonly http: HttpRequest
  /** The framework's own request or context, for the application's hooks. */
  readonly native: unknown
  /** The `requestId` of its events. `undefined` without a listener. */
  readonly id: string | undefined
  /** The address that `clientAddress` returned. */
  readonly address: string | undefined
  readonly rateLimit: RateLimit | undefined
  /** Emits an event of this request. */
  readonly emit: EventListener
}

/** Begins a call. Reads the address of the request, and nothing else. */
export function beginCall(
  server: AuthorizationServer,
  endpoint: EndpointName,
  http: HttpRequest,
  native: unknown,
): ServerCall {
  const { id, emit } = requestEvents(server.emit)
  const address = addressOf(server, http, native, emit)
  return { server, endpoint, http, native, id, address, rateLimit: server.rateLimit, emit }
}

/** Returns the address. A failing `clientAddress` only means that fewer limits apply. */
function addressOf(
  { clientAddress }: AuthorizationServer,
  http: HttpRequest,
  native: unknown,
  emit: EventListener,
): string | undefined {
  try {
    const address: unknown = clientAddress?.(http, native)
    if (address === undefined || typeof address === 'string') return address
    ignoreRejection(address)
    throw new TypeError('OAuthProvider: "clientAddress" must return a string or undefined, not a promise.')
  } catch (cause) {
    emit({ type: 'source.unavailable', source: 'client_address', cause })
    return undefined
  }
}
