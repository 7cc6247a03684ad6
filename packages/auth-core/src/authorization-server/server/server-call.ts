import type { EventListener } from '../../events/auth-event.js'
import { requestEvents } from '../../events/request-events.js'
import type { HttpRequest } from '../../http/http-request.js'
import type { EndpointName } from '../../oauth/endpoint-names.js'
import { ignoreRejection } from '../../runtime/promise-like.js'
import type { RateLimit } from '../rate-limit/rate-limit.js'
import type { AuthorizationServer } from './authorization-server.js'

/** One request to an endpoint, and the server that it came to. */
export interface ServerCall {
  readonly server: AuthorizationServer
  readonly endpoint: EndpointName
  readonly http: HttpRequest
  /** The framework's own request or context, for the application's hooks. */
  readonly native: unknown
  /** The `requestId` of its events; `undefined` if nobody listens. */
  readonly id: string | undefined
  /** Where the request came from, if `clientAddress` says so. */
  readonly address: string | undefined
  readonly rateLimit: RateLimit | undefined
  /** Emits an event of this request. */
  readonly emit: EventListener
}

/** Begins to serve a request. Reads its address, and nothing else of it. */
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

/** Without an address, fewer limits apply. No request fails for lack of one. */
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
    throw new TypeError('clientAddress must answer a string or undefined, and no promise')
  } catch (cause) {
    emit({ type: 'source.unavailable', source: 'client_address', cause })
    return undefined
  }
}
