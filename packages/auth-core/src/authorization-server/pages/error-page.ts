import type { Destination } from '../clients/redirect-destination.js'
import { clickGuard } from './click-guard.js'
import { destinationText } from './destination-text.js'
import { type Html, html } from './html.js'
import { layout } from './layout.js'
import type { PageError } from './page.js'

/** Tells the user what cannot be told to a client, or not without them. */
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
    return html`<p>The application may call this “Disconnect”, “Clear authentication” or “Log out”. Nothing of yours at
${application.name} is lost.</p>`
  }
  return html`<p>Go back to the application that you came from and try again. If that does not help, tell its makers:
<code>${code}</code></p>`
}

/** Redirect URIs that are allowed are no scripts. The page as a whole tells nobody its own address. */
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
sign-in has failed. Follow it only if you have just come from there.</p>`
  }
  const what =
    kind === 'website' ? html`The application is the website\n${place}` : html`This leads to\n${place}`
  return html`<p class="caution"><strong>Caution:</strong> ${what}, which ${name} has not checked. Go on only if you have
just come from there.</p>`
}

function waitingTime(seconds: number): string {
  return seconds > 90 ? `${Math.ceil(seconds / 60)} minutes` : `${Math.ceil(seconds)} seconds`
}
