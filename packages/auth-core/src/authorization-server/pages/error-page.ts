import type { Destination } from '../clients/redirect-destination.js'
import { clickGuard } from './click-guard.js'
import { destinationText } from './destination-text.js'
import { type Html, html } from './html.js'
import { layout } from './layout.js'
import type { PageError } from './page.js'

/** Returns the page for an error of which the client is not notified, or only if the user follows a link. */
export function errorPage(error: PageError): Html {
  const { application, styleNonce, description, requestId, continueTo } = error
  const title = 'This sign-in cannot continue'
  const advice = adviceFor(error)
  const content = html`<h1>${title}</h1>
<p>${description}</p>
${advice}
${continueTo !== undefined && onward(continueTo, application)}
${requestId !== undefined && html`<p class="quiet">Reference: <code>${requestId}</code></p>`}`
  return layout({ application, styleNonce, title: `${title} – ${application.name}`, content })
}

function adviceFor({ application, code, retryAfter }: PageError): Html {
  if (retryAfter !== undefined) {
    return html`<p>Wait ${waitingTime(retryAfter)}, go back to the application that you came from and try again.</p>`
  }
  if (code === 'invalid_client') {
    return html`<p>The application may call this “Disconnect”, “Clear authentication” or “Log out”. Your account
and your data at ${application.name} stay as they are.</p>`
  }
  return html`<p>Go back to the application that you came from and try again. If the error persists, report this code to
the developer of the application: <code>${code}</code></p>`
}

/** No allowed redirect URI runs a script. The response header `Referrer-Policy` keeps the page's own URL secret. */
function onward(
  { destination, url }: PageError['continueTo'] & {},
  { name }: PageError['application'],
): Html {
  const place = destinationText(destination)
  return html`${caution(destination, place, name)}
<p class="guarded"><a href="${url}" rel="noreferrer nofollow">Continue to ${place}</a>${clickGuard}</p>`
}

function caution({ kind }: Destination, place: string, name: string): Html {
  if (kind === 'loopback') {
    return html`<p>If the application is a program on your computer, it may still be waiting. This link tells it that the
sign-in has failed. Follow it only if you just came from there.</p>`
  }
  const what =
    kind === 'website' ? html`The application is the website\n${place}` : html`This leads to\n${place}`
  return html`<p class="caution"><strong>Caution:</strong> ${what}, which ${name} has not checked. Continue only if you
just came from there.</p>`
}

function waitingTime(seconds: number): string {
  return seconds > 90 ? `${Math.ceil(seconds / 60)} minutes` : `${Math.ceil(seconds)} seconds`
}
