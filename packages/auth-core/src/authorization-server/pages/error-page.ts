import { type Html, html } from './html.js'
import { layout } from './layout.js'
import type { PageError } from './page.js'

/** Tells the user what cannot be told to a client: there is none that could be trusted with a redirect. */
export function errorPage(error: PageError): Html {
  const { application, styleNonce, code, description, retryAfter, requestId } = error
  const title = 'This sign-in cannot continue'
  const advice =
    retryAfter === undefined
      ? html`<p>Go back to the application that you came from and try again. If that does not help, tell its makers:
<code>${code}</code></p>`
      : html`<p>Wait ${waitingTime(retryAfter)}, go back to the application that you came from and try again.</p>`
  const content = html`<h1>${title}</h1>
<p>${description}</p>
${advice}
${requestId !== undefined && html`<p class="quiet">Reference: <code>${requestId}</code></p>`}`
  return layout({ application, styleNonce, title: `${title} – ${application.name}`, content })
}

function waitingTime(seconds: number): string {
  return seconds > 90 ? `${Math.ceil(seconds / 60)} minutes` : `${Math.ceil(seconds)} seconds`
}
