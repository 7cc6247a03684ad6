import type { HttpRequest } from '../../http/http-request.js'
import { type HttpResponse, redirect } from '../../http/http-response.js'
import { OAuthError, type OAuthErrorCode, toOAuthError } from '../../oauth/oauth-error.js'
import type { ClientOrigin } from '../clients/client.js'

/** Where an authorization response goes. Exists only when the client and its redirect URI have been checked. */
export interface ResponseTarget {
  readonly clientId: string
  readonly clientOrigin: ClientOrigin
  readonly redirectUri: string
  readonly state: string | undefined
  /** Whether the user has answered for this request, with a button of this server or of the application. */
  readonly userWasAsked: boolean
}

/** A refused authorization request whose client is to be told. */
export class AuthorizationError extends OAuthError {
  readonly target: ResponseTarget

  constructor(error: OAuthError, target: ResponseTarget) {
    const { message, reason, hint, cause, status, retryAfter } = error
    const { clientId } = target
    if (responseCodes.has(error.code))
      super(error.code, message, { reason, hint, clientId, cause, status, retryAfter })
    else super('server_error', message, { reason, hint, clientId, cause })
    this.target = target
  }
}

/** What an authorization response may say went wrong (RFC 6749 section 4.1.2.1, RFC 8707 section 2, OpenID Connect). */
const responseCodes: ReadonlySet<OAuthErrorCode> = new Set([
  ...(['invalid_request', 'unauthorized_client', 'access_denied', 'unsupported_response_type'] as const),
  ...(['invalid_scope', 'server_error', 'temporarily_unavailable', 'invalid_target'] as const),
  ...(['request_not_supported', 'request_uri_not_supported'] as const),
])

/** Does what comes after the checks: whatever goes wrong from here on is for the client. */
export async function errorsForClient<T>(target: ResponseTarget, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new AuthorizationError(toOAuthError(error), target)
  }
}

/** Who responds. An `AuthorizationServer` is one. */
interface Issuer {
  readonly issuer: string
}

/**
 * Sends the browser back to the client, with `iss` always, so that a client of several servers knows who answered.
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

/** Where `authorizationResponse` sends the browser. */
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

/** Keeps every byte of the registered URI: a parser would rewrite its query. */
function appendQuery(uri: string, query: string): string {
  // Only the first question mark begins the query: another one is in the name or the value of a parameter.
  const isOpen = /^[^?]*\?$|&$/.test(uri)
  const separator = !uri.includes('?') ? '?' : isOpen ? '' : '&'
  return `${uri}${separator}${query}`
}
