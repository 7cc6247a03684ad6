import type { HttpResponse } from '../../http/http-response.js'
import { randomToken } from '../../runtime/crypto.js'
import type { AuthorizationRequest } from '../authorization/authorization-request.js'
import { browserRequest } from '../authorization/browser-request.js'
import type { SignedIn } from '../authorization/sign-in.js'
import { type Destination, destinationOf } from '../clients/redirect-destination.js'
import { withClickGuard } from './click-guard.js'
import { consentPage } from './consent-page.js'
import { type Html, isHtml } from './html.js'
import type { ConsentRequest } from './page.js'
import { pageResponse } from './page-response.js'
import type { PageCall } from './show-error.js'

/** The members of `ServerCall` that showing the consent page needs. */
interface ConsentCall extends Pick<PageCall, 'http' | 'native'> {
  readonly server: PageCall['server'] & {
    readonly paths: { readonly consent: string }
    readonly scopeDescriptions: Readonly<Record<string, string>>
  }
}

/** What a consent page is shown for. */
export interface ShownConsent {
  readonly authorization: AuthorizationRequest
  readonly user: SignedIn
  /** The ID of the pending consent, which the form sends. */
  readonly transaction: string
  readonly cookie: string
}

/**
 * Shows the consent page, which may be the application's own. The library sets status, cookie, headers and policy in
 * either case.
 *
 * @throws `TypeError` if the application's page is not `Html`, or lacks the form field `transaction`.
 */
export async function showConsent(
  call: ConsentCall,
  { authorization, user, transaction, cookie }: ShownConsent,
): Promise<HttpResponse> {
  const { server, native } = call
  const { pages, paths } = server
  const { client, redirectUri, resources } = authorization
  const consent: ConsentRequest = {
    application: pages.application,
    styleNonce: randomToken(16),
    client,
    clientHost: hostOfAddress(client.client_id),
    destination: destinationOf(redirectUri),
    scopes: authorization.scopes.map((name) => ({ name, description: server.scopeDescriptions[name] })),
    resources,
    user: { subject: user.subject, name: user.name },
    action: paths.consent,
    transaction,
  }
  const own = await pages.consentPage?.(consent, browserRequest(call), native)
  const document =
    pages.consentPage === undefined
      ? consentPage(consent)
      : withClickGuard(checkedDocument(own, transaction), consent.styleNonce)
  return pageResponse(document, {
    status: 200,
    styleNonce: consent.styleNonce,
    sources: pages.consentPage === undefined ? pages.ownSources : pages.applicationSources,
    hasForm: true,
    headers: { 'set-cookie': cookie, ...openerHeaders(consent.destination) },
  })
}

/** Without the form, the user cannot continue, and the author of the page is not told why. */
function checkedDocument(document: Html | undefined, transaction: string): Html {
  if (!isHtml(document))
    throw new TypeError(
      'OAuthProvider: "consentPage" must return html`...`. Wrap existing HTML in raw(text).',
    )
  if (!document.html.includes(transaction)) {
    throw new TypeError('OAuthProvider: "consentPage" must have the field "transaction". Add it to the form.')
  }
  return document
}

/** Generated client IDs are not URLs. */
function hostOfAddress(clientId: string): string | undefined {
  return clientId.startsWith('https://') && URL.canParse(clientId) ? new URL(clientId).host : undefined
}

/**
 * Isolates the page from an opener that cannot be a client: no page waits for a response at a private-use scheme. With any
 * other destination, a web client would lose its popup. `same-origin-allow-popups` would not help: it keeps the popups of
 * this page, not this page as a popup.
 */
function openerHeaders({ kind }: Destination): Readonly<Record<string, string>> {
  return kind === 'scheme' ? { 'cross-origin-opener-policy': 'same-origin' } : {}
}
