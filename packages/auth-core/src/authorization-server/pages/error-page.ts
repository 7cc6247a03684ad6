import { errorResponse } from '../../http/error-response.js'
import type { HttpRequest } from '../../http/http-request.js'
import { type HttpResponse, withHeaders } from '../../http/http-response.js'
import type { OAuthError } from '../../oauth-error.js'
import { html, page } from './html.js'

/** Tells the user what cannot be told to a client: there is none that could be trusted with a redirect. */
export function errorPage(error: OAuthError, request: HttpRequest): HttpResponse {
  const accept = request.header('accept') ?? ''
  if (accept.includes('application/json') && !accept.includes('text/html')) return errorResponse(error)
  const response = page({
    status: error.status,
    title: 'This sign-in cannot continue',
    content: html`<h1>This sign-in cannot continue</h1>
<p>${error.message}</p>
<p>Go back to the application that you came from and try again. If that does not help, tell its makers:
<code>${error.code}</code></p>`,
  })
  return error.retryAfter === undefined
    ? response
    : withHeaders(response, { 'retry-after': String(error.retryAfter) })
}
