import { errorResponse } from '../../http/error-response.js'
import type { HttpResponse } from '../../http/http-response.js'
import type { OAuthError } from '../../oauth/oauth-error.js'
import { randomToken } from '../../runtime/crypto.js'
import { browserRequest } from '../authorization/browser-request.js'
import type { ServerCall } from '../server/server-call.js'
import { withClickGuard } from './click-guard.js'
import { errorPage } from './error-page.js'
import { type Html, isHtml } from './html.js'
import type { PageError } from './page.js'
import { pageResponse } from './page-response.js'

/**
 * Shows the user an error, with the application's own page if it has one; or tells a program that prefers JSON.
 *
 * @param continueTo Where the user may go on to, if they want to.
 */
export async function showError(
  call: ServerCall,
  error: OAuthError,
  continueTo?: PageError['continueTo'],
): Promise<HttpResponse> {
  const accept = call.http.header('accept') ?? ''
  if (accept.includes('application/json') && !accept.includes('text/html')) return errorResponse(error)

  const { pages } = call.server
  const { status, code, message, retryAfter } = error
  const shown: PageError = {
    application: pages.application,
    styleNonce: randomToken(16),
    status,
    code,
    description: message,
    retryAfter,
    requestId: call.id,
    continueTo,
  }
  const own = await applicationPage(call, shown)
  // A link to a website that nobody vouches for must not be one double click away.
  const guarded = own !== undefined && continueTo !== undefined ? withClickGuard(own, shown.styleNonce) : own
  return pageResponse(guarded ?? errorPage(shown), {
    status,
    styleNonce: shown.styleNonce,
    sources: own === undefined ? pages.ownSources : pages.applicationSources,
    headers: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
  })
}

/** There is no page for the failure of this one, so a failure is told to the operator alone. */
async function applicationPage(call: ServerCall, shown: PageError): Promise<Html | undefined> {
  try {
    const document = await call.server.pages.errorPage?.(shown, browserRequest(call), call.native)
    if (document !== undefined && !isHtml(document)) {
      throw new TypeError('errorPage must return html`...`, or raw(text) for text that is HTML already.')
    }
    return document
  } catch (cause) {
    call.emit({ type: 'source.unavailable', source: 'error_page', cause })
    return undefined
  }
}
