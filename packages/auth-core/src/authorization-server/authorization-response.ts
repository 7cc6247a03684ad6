import { descriptionText } from '../http/error-response.js'
import { type HttpResponse, redirect } from '../http/http-response.js'
import { OAuthError, type OAuthErrorCode, toOAuthError } from '../oauth-error.js'
import type { AuthorizationServer } from './authorization-server.js'

/** Where an authorization response goes. Exists only when the client and its redirect URI have been checked. */
export interface ResponseTarget {
  readonly clientId: string
  readonly redirectUri: string
  readonly state: string | undefined
}

/** A refused authorization request whose client may be told by redirect. */
export class AuthorizationError extends OAuthError {
  readonly target: ResponseTarget

  constructor(error: OAuthError, target: ResponseTarget) {
    super(responseCodes.has(error.code) ? error.code : 'server_error', error.message, {
      reason: error.reason,
      clientId: target.clientId,
      cause: error.cause,
    })
    this.target = target
  }
}

/** What an authorization response may say went wrong (RFC 6749 section 4.1.2.1, RFC 8707 section 2, OpenID Connect). */
const responseCodes: ReadonlySet<OAuthErrorCode> = new Set([
  ...(['invalid_request', 'unauthorized_client', 'access_denied', 'unsupported_response_type'] as const),
  ...(['invalid_scope', 'server_error', 'temporarily_unavailable', 'invalid_target'] as const),
  ...(['request_not_supported', 'request_uri_not_supported'] as const),
])

/** Does what comes after the checks: whatever goes wrong from here on is for the client, by redirect. */
export async function redirectingErrors<T>(target: ResponseTarget, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new AuthorizationError(toOAuthError(error), target)
  }
}

/**
 * Sends the browser back to the client, with `iss` always, so that a client of several servers knows who answered.
 *
 * @see [RFC 9207 section 2](https://www.rfc-editor.org/rfc/rfc9207.html#section-2)
 */
export function authorizationResponse(
  server: AuthorizationServer,
  method: string,
  target: ResponseTarget,
  parameters: Readonly<Record<string, string>>,
): HttpResponse {
  const all = {
    ...parameters,
    ...(target.state === undefined ? {} : { state: target.state }),
    iss: server.issuer,
  }
  const query = Object.entries(all).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return redirect(method === 'GET' ? 302 : 303, appendQuery(target.redirectUri, query.join('&')))
}

export function authorizationErrorResponse(
  server: AuthorizationServer,
  method: string,
  error: AuthorizationError,
): HttpResponse {
  return authorizationResponse(server, method, error.target, {
    error: error.code,
    error_description: descriptionText(error.message),
  })
}

/** Keeps every byte of the registered URI: a parser would rewrite its query. */
function appendQuery(uri: string, query: string): string {
  // Only the first question mark begins the query: another one is in the name or the value of a parameter.
  const isOpen = /^[^?]*\?$|&$/.test(uri)
  const separator = !uri.includes('?') ? '?' : isOpen ? '' : '&'
  return `${uri}${separator}${query}`
}
