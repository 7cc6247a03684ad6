import type { HttpResponse } from '../../http/http-response.js'
import { randomToken } from '../../runtime/crypto.js'
import type { AuthorizationRequest } from '../authorization/authorization-request.js'
import { browserRequest } from '../authorization/browser-request.js'
import type { SignedIn } from '../authorization/sign-in.js'
import { type Destination, destinationOf } from '../clients/redirect-destination.js'
import type { ServerCall } from '../server/server-call.js'
import { withClickGuard } from './click-guard.js'
import { consentPage } from './consent-page.js'
import { type Html, isHtml } from './html.js'
import type { ConsentRequest } from './page.js'
import { pageResponse } from './page-response.js'

export interface ShownConsent {
  readonly authorization: AuthorizationRequest
  readonly user: SignedIn
  /** What the form answers with: names the pending consent. */
  readonly transaction: string
  readonly cookie: string
}

/**
 * Shows the user what a client asks for: with the application's own page, if it has one. Its status, cookie, headers
 * and policy are ours in either case.
 *
 * @throws `TypeError` if the application's page is none, or has no form that could be answered.
 */
export async function showConsent(
  call: ServerCall,
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

/** A page that cannot be answered would leave the user there, and its maker without a hint. */
function checkedDocument(document: Html | undefined, transaction: string): Html {
  if (!isHtml(document))
    throw new TypeError('consentPage must return html`...`, or raw(text) for text that is HTML already.')
  if (!document.html.includes(transaction)) {
    throw new TypeError('the page of consentPage must have a form with the field "transaction"')
  }
  return document
}

/** Identifiers that are given out never look like an address. */
function hostOfAddress(clientId: string): string | undefined {
  return clientId.startsWith('https://') && URL.canParse(clientId) ? new URL(clientId).host : undefined
}

/**
 * Takes the page from whoever opened it in a popup, where that cannot be a client: no page waits for an answer that goes to
 * a private-use scheme. Any other destination may be that of a web client, which loses its popup by every value but the
 * default, `same-origin-allow-popups` included: that one keeps popups of this page, not this page as a popup.
 */
function openerHeaders({ kind }: Destination): Readonly<Record<string, string>> {
  return kind === 'scheme' ? { 'cross-origin-opener-policy': 'same-origin' } : {}
}
