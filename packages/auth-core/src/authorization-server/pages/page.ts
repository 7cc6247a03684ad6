import type { OAuthErrorCode } from '../../oauth/oauth-error.js'
import type { OAuthClient } from '../clients/client.js'
import type { Destination } from '../clients/redirect-destination.js'
import type { Html } from './html.js'

/** What pages show of the application, as its operator configured it. */
export interface PageApplication {
  readonly name: string
  /** The address of an image: https or `data:`. */
  readonly logo?: string | undefined
}

/** What every page is given. */
interface Page {
  readonly application: PageApplication
  /** Styles in the page need it: `<style nonce="${styleNonce}">`. */
  readonly styleNonce: string
}

/** What a consent page asks the user, and what its form must send. All of it has been checked. */
export interface ConsentRequest extends Page {
  /** The client, in its own words. Of these only `client_id` is more than its claim. */
  readonly client: OAuthClient
  /** The host at which the client's metadata is published, for a client whose id is an address. */
  readonly clientHost?: string | undefined
  readonly destination: Destination
  readonly scopes: readonly { readonly name: string; readonly description?: string | undefined }[]
  /** The identifiers of the resources that the client wants to use. */
  readonly resources: readonly string[]
  /** Who is signed in, as the `signIn` hook told. */
  readonly user: { readonly subject: string; readonly name?: string | undefined }
  /** Where the form goes, with `method="post"`. */
  readonly action: string
  /** The form's hidden field `transaction`. The other field is `decision`: `allow` or `deny`. */
  readonly transaction: string
}

/** What an error page tells the user. */
export interface PageError extends Page {
  readonly status: number
  readonly code: OAuthErrorCode
  /** What went wrong, in English. */
  readonly description: string
  /** Seconds after which it may be tried again. */
  readonly retryAfter?: number | undefined
  /** What the events of this request are found by, if there is a listener for them. */
  readonly requestId?: string | undefined
  /**
   * Where the client can be told, if the browser must not be redirected there: to the website or the private-use URI of a
   * client that the operator has not configured, before the user was asked anything; or to a program on the user's
   * computer that names an unknown client. A stranger's link may have brought the user here. Show it as a link that names
   * the destination, and let the user decide: nothing else may lead there.
   */
  readonly continueTo?: { readonly destination: Destination; readonly url: string } | undefined
}

/**
 * Makes the consent page, as a whole document. It must have a form with what `ConsentRequest` says:
 *
 * ```html
 * <form method="post" action="${action}">
 *   <input type="hidden" name="transaction" value="${transaction}">
 *   <button name="decision" value="deny">…</button> <button name="decision" value="allow">…</button>
 * </form>
 * ```
 *
 * Escape what it shows, or make it with `html`, which does. The library sends it with its own status, cookie and
 * headers: the page can have styles with the nonce, styles, fonts and images of its own origin, and images in `data:`
 * addresses; it can have no script, and nothing of other origins but the logo. The policy does not limit where its links
 * and forms lead: browsers hold such a limit against the redirects after the form as well, and those are the client's. An
 * application that needs more asks in its `signIn` hook, and returns `consentGiven`.
 *
 * The library adds a transparent cover, so that a click which was meant for another page does not allow anything: the mouse
 * reaches the page half a second after it came, the keyboard at once.
 *
 * @param request The browser's request, for example for its language.
 * @param native The framework's own request or context.
 */
export type ConsentPage<Native = unknown> = (
  consent: ConsentRequest,
  request: Request,
  native: Native,
) => Html | Promise<Html>

/**
 * Makes the page that tells the user what cannot be told to a client, or not without them. The same holds as for a consent
 * page, but that the policy lets no form go anywhere. If it throws, the library's own page is shown.
 */
export type ErrorPage<Native = unknown> = (
  error: PageError,
  request: Request,
  native: Native,
) => Html | Promise<Html>
