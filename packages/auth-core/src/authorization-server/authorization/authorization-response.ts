import type { HttpRequest } from '../../http/http-request.js'
import { type HttpResponse, redirect } from '../../http/http-response.js'
import { OAuthError, type OAuthErrorCode, optionsOf, toOAuthError } from '../../oauth/oauth-error.js'
import type { ClientOrigin } from '../clients/client.js'

/** The destination of an authorization response. Exists only after the client and its redirect URI were checked. */
export interface ResponseTarget {
  readonly clientId: string
  readonly clientOrigin: ClientOrigin
  readonly redirectUri: string
  readonly state: string | undefined
  /** Whether the user has decided about this request, on a page of this server or of the application. */
  readonly userWasAsked: boolean
}

/** A refused authorization request whose client may be notified. */
export class AuthorizationError extends OAuthError {
  readonly target: ResponseTarget

  constructor(error: OAuthError, target: ResponseTarget) {
    const { clientId } = target
    const options = { ...optionsOf(error), clientId, challenge: undefined }
    if (responseCodes.has(error.code)) super(error.code, error.message, options)
    else super('server_error', error.message, { ...options, status: undefined, retryAfter: undefined })
    this.target = target
  }
}

/** The error codes of authorization responses (RFC 6749 section 4.1.2.1, RFC 8707 section 2, OpenID Connect). */
const responseCodes: ReadonlySet<OAuthErrorCode> = new Set([
  ...(['invalid_request', 'unauthorized_client', 'access_denied', 'unsupported_response_type'] as const),
  ...(['invalid_scope', 'server_error', 'temporarily_unavailable', 'invalid_target'] as const),
  ...(['request_not_supported', 'request_uri_not_supported'] as const),
])

/** Runs work that follows the checks of a request. Turns every error into an `AuthorizationError` for the client. */
export async function asAuthorizationError<T>(target: ResponseTarget, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new AuthorizationError(toOAuthError(error), target)
  }
}

/** The server that responds. An `AuthorizationServer` is one. */
interface Issuer {
  readonly issuer: string
}

/**
 * Redirects the browser to the client. Always adds `iss`, so that a client of several servers knows which one responded.
 *
 * @see [RFC 9207 section 2](https://www.rfc-editor.org/rfc/rfc9207.html#section-2)
 */
export function authorizationResponse(
  { server, http }: { readonly server: Issuer; readonly http: Pick<HttpRequest, 'method'> },
  target: Pick<ResponseTarget, 'redirectUri' | 'state'>,
  parameters: Readonly<Record<string, string>>,
): HttpResponse {
  return redirect(http.method === 'GET' ? 302 : 303, authorizationResponseUrl(server, target, parameters))
}

/** Returns the URL that `authorizationResponse` redirects to. */
export function authorizationResponseUrl(
  server: Issuer,
  target: Pick<ResponseTarget, 'redirectUri' | 'state'>,
  parameters: Readonly<Record<string, string>>,
): string {
  const all = {
    ...parameters,
    ...(target.state === undefined ? {} : { state: target.state }),
    iss: server.issuer,
  }
  const query = Object.entries(all).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return appendQuery(target.redirectUri, query.join('&'))
}

/** Keeps every byte of the registered URI. A URL parser would rewrite its query. */
function appendQuery(uri: string, query: string): string {
  // Only the first question mark begins the query. Others belong to a parameter.
  const isOpen = /^[^?]*\?$|&$/.test(uri)
  const separator = !uri.includes('?') ? '?' : isOpen ? '' : '&'
  return `${uri}${separator}${query}`
}
