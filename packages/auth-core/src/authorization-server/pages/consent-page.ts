import { clickGuard } from './click-guard.js'
import { destinationText } from './destination-text.js'
import { type Html, html } from './html.js'
import { layout } from './layout.js'
import type { ConsentRequest } from './page.js'

/**
 * Returns the page that asks the user whether the client may act for them. It shows the client's name as a claim of the
 * client. Only the destination of the answer has been checked. "Deny" comes first, so that a key pressed too early allows
 * nothing.
 */
export function consentPage(consent: ConsentRequest): Html {
  const { application, styleNonce, client, clientHost, destination, scopes, resources, user } = consent
  const name = client.client_name ?? 'An application without a name'
  const content = html`<h1><bdi>${name}</bdi> wants to use ${application.name} for you</h1>
<dl>
<dt>It will send you back to</dt>
<dd>${destinationText(destination)}</dd>
${clientHost !== undefined && html`<dt>It is published at</dt>\n<dd>${clientHost}</dd>`}
<dt>It asks to be allowed to</dt>
<dd>${scopes.length === 0 ? html`use your account` : scopeList(scopes)}</dd>
<dt>At this server</dt>
<dd>${resources.join(', ')}</dd>
${user.name !== undefined && html`<dt>You are signed in as</dt>\n<dd><bdi>${user.name}</bdi></dd>`}
</dl>
${destination.kind === 'loopback' && loopbackCaution}
<form method="post" action="${consent.action}" class="guarded">
<input type="hidden" name="transaction" value="${consent.transaction}">
<button type="submit" name="decision" value="deny">Deny</button>
<button type="submit" name="decision" value="allow">Allow</button>
${clickGuard}
</form>`
  return layout({ application, styleNonce, title: `Allow ${name} to use ${application.name}?`, content })
}

/** Any program on the user's computer can register a loopback address under any name. */
const loopbackCaution = html`<p class="caution"><strong>Caution:</strong> This is a program on your own computer. Its
name cannot be checked: allow it only if you have just started it yourself.</p>`

function scopeList(scopes: ConsentRequest['scopes']): Html {
  return html`<ul>${scopes.map(({ name, description }) => html`<li>${description ?? name}</li>`)}</ul>`
}
