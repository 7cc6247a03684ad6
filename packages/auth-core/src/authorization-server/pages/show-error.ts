import type { EventListener } from '../../events/auth-event.js'
import { errorResponse } from '../../http/error-response.js'
import type { HttpResponse } from '../../http/http-response.js'
import type { OAuthError } from '../../oauth/oauth-error.js'
import { randomToken } from '../../runtime/crypto.js'
import { type BrowserCall, browserRequest } from '../authorization/browser-request.js'
import { withClickGuard } from './click-guard.js'
import { errorPage } from './error-page.js'
import { type Html, isHtml } from './html.js'
import type { PageError } from './page.js'
import { pageResponse } from './page-response.js'
import type { Pages } from './pages.js'

/** The members of `ServerCall` that showing pages needs. */
export interface PageCall extends BrowserCall {
  readonly server: BrowserCall['server'] & { readonly pages: Pages }
  readonly native: unknown
  readonly id: string | undefined
  readonly emit: EventListener
}

/**
 * Shows the error page, which may be the application's own. A client that accepts JSON and not HTML gets JSON.
 */
export async function showError(
  call: PageCall,
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
  // A double click must not follow a link to an unapproved website.
  const guarded = own !== undefined && continueTo !== undefined ? withClickGuard(own, shown.styleNonce) : own
  return pageResponse(guarded ?? errorPage(shown), {
    status,
    styleNonce: shown.styleNonce,
    sources: own === undefined ? pages.ownSources : pages.applicationSources,
    headers: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
  })
}

/** Reports a failure of the application's page to the operator. The library's own page is shown instead. */
async function applicationPage(call: PageCall, shown: PageError): Promise<Html | undefined> {
  try {
    const document = await call.server.pages.errorPage?.(shown, browserRequest(call), call.native)
    if (document !== undefined && !isHtml(document)) {
      throw new TypeError(
        'OAuthProvider: "errorPage" must return html`...`. Wrap existing HTML in raw(text).',
      )
    }
    return document
  } catch (cause) {
    call.emit({ type: 'source.unavailable', source: 'error_page', cause })
    return undefined
  }
}
