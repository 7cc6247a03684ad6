import { fromWebResponse, type HttpResponse, redirect } from '../../http/http-response.js'
import { isClientId, type KnownClients } from '../client-registry/subject-collision.js'
import type { OAuthClient } from '../clients/client.js'
import type { AuthorizationRequest } from './authorization-request.js'
import { type BrowserCall, browserRequest } from './browser-request.js'
import { resumeQuery } from './resume-query.js'

/** A checked authorization request, as the sign-in hook sees it. */
export interface PendingAuthorization {
  readonly client: OAuthClient
  /** The destination of the authorization response, for display. Never redirect there yourself. */
  readonly redirectUri: string
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  /**
   * Where to send the browser after the user has signed in. The authorization continues, and `signIn` is called again.
   *
   * It contains the redirect URI, scopes and resources, even if the client left them out. The resumed request then means the
   * same, whatever the client's metadata says by then, or is refused. Equal requests have equal URLs.
   */
  readonly resumeUrl: string
}

/** A user who is signed in. */
export interface SignedIn {
  /** A stable identifier of the user, not an email address that may change, and never a client ID. Becomes `sub`. */
  readonly subject: string
  /** The name of the account on the consent page. Default: the page does not name it. */
  readonly name?: string | undefined
  /** When the user authenticated, in seconds since the epoch. Becomes `auth_time`. */
  readonly authenticatedAt?: number | undefined
  /** More claims for the access token, at most 4096 characters as JSON. Resource servers can read them. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  /**
   * Whether your application has just asked this user about this request. Then Tollgate shows no consent page.
   *
   * Store the user's answer with the `resumeUrl` that they were asked about, send them there, and set this only if
   * `resumeUrl` is equal. Any other URL is a request with its own redirect URI, scopes or resources. Never set it because of
   * an earlier consent: any program can use the ID of a public client.
   *
   * Read the session last: `revokeTokens` does not revoke a grant that the hook decided before and returned after it.
   */
  readonly consentGiven?: boolean | undefined
}

/** What a sign-in hook returns. */
export type SignInAnswer =
  | SignedIn
  /** Redirects the browser, for example to a login page. It must come back to `resumeUrl`. */
  | { readonly redirect: string }
  /**
   * Refuses the client with `access_denied`. Set `by: 'user'` if the user has denied it in your application.
   *
   * Without `by: 'user'`, the browser is redirected only to configured clients and to loopback. For any other client, the
   * error page links to it instead, which prevents open redirects. After a decision on Tollgate's consent page, the
   * browser is redirected to every client.
   */
  | { readonly denied: true; readonly by?: 'user' | undefined }
  /** Responds with a page of your own. */
  | Response

/**
 * Returns who the user is. Called at every authorization request, and again after the decision on the consent page.
 *
 * @param request The browser's request, without its body.
 * @param authorization What the user is signing in for.
 * @param native The framework's own request or context, which has the session.
 */
export type SignIn<Native = unknown> = (
  request: Request,
  authorization: PendingAuthorization,
  native: Native,
) => SignInAnswer | Promise<SignInAnswer>

/** A checked result of the sign-in hook. */
export type SignInOutcome =
  | { readonly kind: 'signed-in'; readonly user: SignedIn }
  | { readonly kind: 'denied'; readonly by: 'user' | 'application' }
  | { readonly kind: 'answered'; readonly response: HttpResponse }

/** The members of `ServerCall` that calling the sign-in hook needs. */
export interface SignInCall extends BrowserCall {
  readonly server: BrowserCall['server'] & KnownClients & { readonly signIn: SignIn }
  readonly native: unknown
}

/**
 * Calls the sign-in hook and checks its result.
 *
 * @throws `TypeError` for a wrong result: the server then responds with `server_error`.
 */
export async function askSignIn(
  call: SignInCall,
  authorization: AuthorizationRequest,
): Promise<SignInOutcome> {
  const { server, http, native } = call
  const answer = await server.signIn(
    browserRequest(call),
    toPendingAuthorization(server, authorization),
    native,
  )
  if (typeof answer === 'object' && answer !== null) {
    // By its members: some servers replace the global `Response`, so `instanceof` may fail.
    if ('arrayBuffer' in answer)
      return { kind: 'answered', response: safePage(await fromWebResponse(answer)) }
    // Before `subject`, so that a result with both is a refusal.
    if ('denied' in answer && answer.denied === true) {
      return { kind: 'denied', by: answer.by === 'user' ? 'user' : 'application' }
    }
    if ('subject' in answer) {
      const user = checkedUser(answer)
      if (await isClientId(server, user.subject, authorization.client)) {
        throw new TypeError('signIn: "subject" must not be a client ID. Prefix the IDs of your users.')
      }
      return { kind: 'signed-in', user }
    }
    if ('redirect' in answer && typeof answer.redirect === 'string') {
      const location = new URL(answer.redirect, server.urls.authorize).href
      return { kind: 'answered', response: redirect(http.method === 'GET' ? 302 : 303, location) }
    }
  }
  throw new TypeError('signIn must return { subject }, { redirect }, { denied: true } or a Response.')
}

/** Adds default headers to a page of the application. */
function safePage(response: HttpResponse): HttpResponse {
  const defaults = {
    'cache-control': 'no-store',
    'content-security-policy': "frame-ancestors 'none'",
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
  }
  return { ...response, headers: { ...defaults, ...response.headers } }
}

function checkedUser(answer: SignedIn): SignedIn {
  if (typeof answer.subject !== 'string' || answer.subject === '') {
    throw new TypeError('signIn: "subject" must be a non-empty string.')
  }
  if (typeof (answer.name ?? '') !== 'string') {
    throw new TypeError('signIn: "name" must be a string.')
  }
  if (typeof (answer.claims ?? {}) !== 'object') {
    throw new TypeError('signIn: "claims" must be an object.')
  }
  // A JWT contains them, and gates refuse tokens that are too long.
  if (answer.subject.length > 255 || JSON.stringify(answer.claims ?? {}).length > 4096) {
    throw new TypeError('signIn: "subject" must have at most 255 characters, "claims" at most 4096 as JSON.')
  }
  return answer
}

function toPendingAuthorization(
  server: BrowserCall['server'],
  authorization: AuthorizationRequest,
): PendingAuthorization {
  const { client, redirectUri, scopes, resources } = authorization
  const resumeUrl = `${server.urls.authorize}?${resumeQuery(authorization)}`
  return { client, redirectUri, scopes, resources, resumeUrl }
}
