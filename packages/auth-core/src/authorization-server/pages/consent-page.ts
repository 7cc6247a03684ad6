import { isLoopbackHost } from '../../configuration-url.js'
import type { HttpResponse } from '../../http/http-response.js'
import type { AuthorizationRequest } from '../authorization-request.js'
import type { AuthorizationServer } from '../authorization-server.js'
import { type Html, html, page } from './html.js'

export interface ConsentPage {
  readonly authorization: AuthorizationRequest
  /** What the form answers with: names the pending consent. */
  readonly transaction: string
  readonly cookie: string
}

/**
 * Asks the user whether the client may act for them. Everything that the client says of itself is shown as its
 * claim; what the user can rely on is where the answer goes.
 */
export function consentPage(server: AuthorizationServer, consent: ConsentPage): HttpResponse {
  const { client, redirectUri, scopes, resources } = consent.authorization
  const destination = destinationOf(redirectUri)
  const name = client.client_name ?? 'An application without a name'
  const content = html`<h1>${name} wants to use ${server.name} for you</h1>
<dl>
<dt>It will send you back to</dt>
<dd>${destination}</dd>
<dt>It asks to be allowed to</dt>
<dd>${scopes.length === 0 ? html`use your account` : scopeList(server, scopes)}</dd>
<dt>At</dt>
<dd>${resources.join(', ')}</dd>
</dl>
${isLoopbackHost(new URL(redirectUri).hostname) ? loopbackWarning : ''}
<form method="post" action="${server.paths.consent}">
<input type="hidden" name="transaction" value="${consent.transaction}">
<button type="submit" name="decision" value="deny">Deny</button>
<button type="submit" name="decision" value="allow">Allow</button>
</form>`
  return page({
    status: 200,
    title: `Allow ${name}?`,
    content,
    formTargets: formTargetsFor(redirectUri),
    headers: { 'set-cookie': consent.cookie },
  })
}

/** Any program on the user's computer can register a loopback address under any name. */
const loopbackWarning = html`<p class="warning">This is a program on your own computer. Its name cannot be checked:
allow it only if you have just started it yourself.</p>`

function scopeList(server: AuthorizationServer, scopes: readonly string[]): Html {
  return html`<ul>${scopes.map((scope) => html`<li>${server.scopeDescriptions[scope] ?? scope}</li>`)}</ul>`
}

/** The host that gets the code; for a private-use scheme, which has none, the scheme. */
function destinationOf(redirectUri: string): string {
  const { protocol, host } = new URL(redirectUri)
  return protocol === 'https:' || protocol === 'http:' ? host : `the application that opens ${protocol}`
}

/**
 * By scheme, not by host: the client's own page may redirect on, and a browser would stop the whole chain. The
 * page has no script and no foreign markup, so nobody else's form can be in it.
 */
function formTargetsFor(redirectUri: string): string[] {
  return [...new Set(['https:', new URL(redirectUri).protocol])]
}
