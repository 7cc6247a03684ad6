import type { OAuthError } from '../oauth/oauth-error.js'
import { type HttpResponse, noStoreJson } from './http-response.js'

/**
 * Builds the JSON response for an error.
 *
 * @see [RFC 6749 section 5.2](https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2)
 */
export function errorResponse(error: OAuthError, status: number = error.status): HttpResponse {
  return noStoreJson(
    status,
    { error: error.code, error_description: descriptionText(error.message) },
    {
      ...(error.retryAfter === undefined ? {} : { 'retry-after': String(error.retryAfter) }),
      ...(error.challenge === undefined ? {} : { 'www-authenticate': error.challenge }),
    },
  )
}

/** Replaces what RFC 6749 section 5.2 forbids in a description: anything but printable ASCII, `"` and `\`. */
export function descriptionText(text: string): string {
  return text.replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, ' ')
}
