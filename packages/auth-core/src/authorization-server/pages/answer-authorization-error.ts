import { descriptionText } from '../../http/error-response.js'
import type { HttpResponse } from '../../http/http-response.js'
import {
  type AuthorizationError,
  authorizationResponse,
  authorizationResponseUrl,
} from '../authorization/authorization-response.js'
import { mayRedirectUnasked } from '../authorization/open-redirect.js'
import type { UnknownClientError } from '../authorization/unknown-client.js'
import { destinationOf } from '../clients/redirect-destination.js'
import type { ServerCall } from '../server/server-call.js'
import { showError } from './show-error.js'

/**
 * Tells the client what went wrong: by redirect, or, where the browser must not be sent on by itself, by a link on a page
 * that tells the user first. The link is what the redirect would have been.
 *
 * @see [RFC 6749 section 4.1.2.1](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.2.1)
 * @see [RFC 9700 section 4.11.2](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.11.2)
 */
export async function answerAuthorizationError(
  call: ServerCall,
  error: AuthorizationError,
): Promise<HttpResponse> {
  const { code, message, target } = error
  const parameters = { error: code, error_description: descriptionText(message) }
  if (target.userWasAsked || mayRedirectUnasked(target.clientOrigin, target.redirectUri)) {
    return authorizationResponse(call, target, parameters)
  }
  return showError(call, error, {
    destination: destinationOf(target.redirectUri),
    url: authorizationResponseUrl(call.server, target, parameters),
  })
}

/**
 * Tells the user that the client is not known here. A program on their computer that waits for the answer is offered as a
 * link, never by redirect: whatever listens there, nobody has registered it.
 */
export async function answerUnknownClient(
  call: ServerCall,
  error: UnknownClientError,
): Promise<HttpResponse> {
  const { wayBack, message, codeForClient } = error
  if (wayBack === undefined) return showError(call, error)
  const parameters = { error: codeForClient, error_description: descriptionText(message) }
  return showError(call, error, {
    destination: destinationOf(wayBack.redirectUri),
    url: authorizationResponseUrl(call.server, wayBack, parameters),
  })
}
