import { descriptionText } from '../../http/error-response.js'
import type { HttpResponse } from '../../http/http-response.js'
import {
  type AuthorizationError,
  authorizationResponse,
  authorizationResponseUrl,
} from '../authorization/authorization-response.js'
import { mayRedirectWithoutConsent } from '../authorization/open-redirect.js'
import type { UnknownClientError } from '../authorization/unknown-client.js'
import { destinationOf } from '../clients/redirect-destination.js'
import { type PageCall, showError } from './show-error.js'

/** The members of `ServerCall` that sending errors of authorization requests needs. */
interface ErrorCall extends PageCall {
  readonly server: PageCall['server'] & { readonly issuer: string }
}

/**
 * Notifies the client of an error by a redirect. If the browser must not be redirected, shows an error page that links to
 * the same URL.
 *
 * @see [RFC 6749 section 4.1.2.1](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.2.1)
 * @see [RFC 9700 section 4.11.2](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.11.2)
 */
export async function answerAuthorizationError(
  call: ErrorCall,
  error: AuthorizationError,
): Promise<HttpResponse> {
  const { code, message, target } = error
  const parameters = { error: code, error_description: descriptionText(message) }
  if (target.userWasAsked || mayRedirectWithoutConsent(target.clientOrigin, target.redirectUri)) {
    return authorizationResponse(call, target, parameters)
  }
  return showError(call, error, {
    destination: destinationOf(target.redirectUri),
    url: authorizationResponseUrl(call.server, target, parameters),
  })
}

/**
 * Tells the user that the client is unknown. Links to a program on their computer that may be waiting. Never redirects
 * there: its address is not registered.
 */
export async function answerUnknownClient(call: ErrorCall, error: UnknownClientError): Promise<HttpResponse> {
  const { wayBack, message, codeForClient } = error
  if (wayBack === undefined) return showError(call, error)
  const parameters = { error: codeForClient, error_description: descriptionText(message) }
  return showError(call, error, {
    destination: destinationOf(wayBack.redirectUri),
    url: authorizationResponseUrl(call.server, wayBack, parameters),
  })
}
