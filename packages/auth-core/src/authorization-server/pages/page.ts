import type { OAuthErrorCode } from '../../oauth/oauth-error.js'
import type { OAuthClient } from '../clients/client.js'
import type { Destination } from '../clients/redirect-destination.js'
import type { Html } from './html.js'

/** The application on pages, as its operator configured it. */
export interface PageApplication {
  readonly name: string
  /** The URL of an image: https or `data:`. */
  readonly logo?: string | undefined
}

/** What every page receives. */
interface Page {
  readonly application: PageApplication
  /** The nonce that styles in the page need: `<style nonce="${styleNonce}">`. */
  readonly styleNonce: string
}

/** What a consent page asks the user, and what its form must send. */
export interface ConsentRequest extends Page {
  /** The client's metadata. All of it except `client_id` is the client's own claim. */
  readonly client: OAuthClient
  /** The host that publishes the client's metadata, for a client whose ID is a URL. */
  readonly clientHost?: string | undefined
  readonly destination: Destination
  readonly scopes: readonly { readonly name: string; readonly description?: string | undefined }[]
  /** The identifiers of the resources that the client wants to use. */
  readonly resources: readonly string[]
  /** The signed-in user, as returned by `signIn`. */
  readonly user: { readonly subject: string; readonly name?: string | undefined }
  /** The `action` of the form, which needs `method="post"`. */
  readonly action: string
  /** The value of the form's hidden field `transaction`. The other field is `decision`: `allow` or `deny`. */
  readonly transaction: string
}

/** What an error page shows the user. */
export interface PageError extends Page {
  readonly status: number
  readonly code: OAuthErrorCode
  /** What went wrong, in English. */
  readonly description: string
  /** Seconds to wait before the next attempt. */
  readonly retryAfter?: number | undefined
  /** The ID of this request in events, if there is a listener for them. */
  readonly requestId?: string | undefined
  /**
   * Where the user can notify the client of the error, if the browser must not be redirected there:
   *
   * - the website or private-use URI of an unconfigured client, before the user's decision;
   * - a program on the user's computer that sent an unknown client ID.
   *
   * A link on another site may have brought the user here. Show a link that names the destination, and let the user
   * decide. Never redirect there.
   */
  readonly continueTo?: { readonly destination: Destination; readonly url: string } | undefined
}

/**
 * Returns the consent page as a whole document. It must have this form:
 *
 * ```html
 * <form method="post" action="${action}">
 *   <input type="hidden" name="transaction" value="${transaction}">
 *   <button name="decision" value="deny">…</button> <button name="decision" value="allow">…</button>
 * </form>
 * ```
 *
 * Escape every value, or use `html`, which escapes values. The library sets status, cookie and headers. Its policy allows
 * styles with the nonce, styles, fonts and images from your origin, `data:` images, and the logo. It blocks scripts and
 * everything else from other origins. It does **not** limit links and forms, because browsers would apply the limit to the
 * client's redirects after the form. If your page needs more, ask in the `signIn` hook and return `consentGiven`.
 *
 * The library adds a transparent cover, so that a click that was meant for another page allows nothing. Half a second
 * after the mouse has reached the page, the cover disappears. It never blocks the keyboard.
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
 * Returns the page for an error of which the client is not notified, or only if the user follows a link. The rules of
 * {@link ConsentPage} apply, except that the policy blocks every form. If it throws, the library's own page is shown.
 */
export type ErrorPage<Native = unknown> = (
  error: PageError,
  request: Request,
  native: Native,
) => Html | Promise<Html>
