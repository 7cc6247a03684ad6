import { fromWebResponse, type HttpResponse, redirect } from '../../http/http-response.js'
import { isClientId } from '../client-registry/subject-collision.js'
import type { OAuthClient } from '../clients/client.js'
import type { AuthorizationServer } from '../server/authorization-server.js'
import type { ServerCall } from '../server/server-call.js'
import type { AuthorizationRequest } from './authorization-request.js'
import { browserRequest } from './browser-request.js'
import { resumedQuery } from './resume-query.js'

/** What the application is asked to let a user sign in for. All of it has been checked. */
export interface PendingAuthorization {
  readonly client: OAuthClient
  /** Where the browser goes in the end: for display. Never redirect there yourself. */
  readonly redirectUri: string
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  /**
   * Send the browser here after the user has signed in: the authorization goes on, and `signIn` is asked again.
   *
   * It says the redirect URI, the scopes and the resources, also where the client left them out: what comes back means
   * what it meant, whatever the client's metadata says by then, or is refused. For the same request it is the same again.
   */
  readonly resumeUrl: string
}

/** The user is signed in. */
export interface SignedIn {
  /**
   * Who the user is: a stable identifier, not an address that may change, and never the id of a client. Becomes `sub`.
   */
  readonly subject: string
  /** What the consent page calls the user, so that they see whose account it is. Default: it does not say. */
  readonly name?: string | undefined
  /** When the user proved who they are, in seconds since the epoch. Becomes `auth_time`. */
  readonly authenticatedAt?: number | undefined
  /** More claims for the access token. Resource servers can read them, so keep them few. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  /**
   * The application has just asked this user whether this client may have these scopes of this resource. Then the
   * library does not ask. Read the session last before you say so: `revokeTokens` does not reach what is granted by an
   * answer that was decided before it, and given after it. Never say so because of an earlier consent: any program can
   * use a public client's id. Keep the user's answer with the `resumeUrl` of the request that they were shown, send them
   * there, and say so only if `resumeUrl` is the same: any other is another request, with a redirect URI, scopes or
   * resources of its own.
   */
  readonly consentGiven?: boolean | undefined
}

export type SignInAnswer =
  | SignedIn
  /** Send the browser elsewhere first, for example to a login page; it must come back to `resumeUrl`. */
  | { readonly redirect: string }
  /**
   * Refuse the client with `access_denied`. Say `by: 'user'` if the user has pressed a button of the application for it:
   * then any client is told at once. The library cannot know, so a refusal without it counts as one that nobody was asked
   * about, and a website that the operator has not named is told by a link on the error page: anybody could send
   * people there who are always refused. After an answer to the library's own consent page, any client is told at once.
   */
  | { readonly denied: true; readonly by?: 'user' | undefined }
  /** Answer the browser with a page of the application's own. */
  | Response

/**
 * Tells who the user is. The application's part of the authorization endpoint, asked at every authorization request
 * and again when the user answers the consent page.
 *
 * @param request The browser's request, without its body.
 * @param authorization What the user is signing in for.
 * @param native The framework's own request or context, where sessions live.
 */
export type SignIn<Native = unknown> = (
  request: Request,
  authorization: PendingAuthorization,
  native: Native,
) => SignInAnswer | Promise<SignInAnswer>

/** A checked answer of the sign-in hook. */
export type SignInOutcome =
  | { readonly kind: 'signed-in'; readonly user: SignedIn }
  | { readonly kind: 'denied'; readonly by: 'user' | 'application' }
  | { readonly kind: 'answered'; readonly response: HttpResponse }

/** Asks the application who the user is. What it answers wrongly is a `TypeError`, and so a `server_error`. */
export async function askSignIn(
  { server, http, native }: Pick<ServerCall, 'server' | 'http' | 'native'>,
  authorization: AuthorizationRequest,
): Promise<SignInOutcome> {
  const answer = await server.signIn(
    browserRequest({ server, http }),
    describe(server, authorization),
    native,
  )
  if (typeof answer === 'object' && answer !== null) {
    // By its members: some servers replace the global `Response`, and the answer may be one of the runtime's own.
    if ('arrayBuffer' in answer)
      return { kind: 'answered', response: safePage(await fromWebResponse(answer)) }
    // First, so that an answer that says both is a refusal.
    if ('denied' in answer && answer.denied === true) {
      return { kind: 'denied', by: answer.by === 'user' ? 'user' : 'application' }
    }
    if ('subject' in answer) {
      const user = checkedUser(answer)
      if (await isClientId(server, user.subject, authorization.client)) {
        throw new TypeError('the "subject" that signIn answers is the id of a client')
      }
      return { kind: 'signed-in', user }
    }
    if ('redirect' in answer && typeof answer.redirect === 'string') {
      const location = new URL(answer.redirect, server.urls.authorize).href
      return { kind: 'answered', response: redirect(http.method === 'GET' ? 302 : 303, location) }
    }
  }
  throw new TypeError('signIn must answer { subject }, { redirect }, { denied: true } or a Response')
}

/** What a page about signing in must have, where the application has not decided otherwise. */
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
    throw new TypeError('the "subject" that signIn answers must be a string, not empty')
  }
  if (typeof (answer.name ?? '') !== 'string') {
    throw new TypeError('the "name" that signIn answers must be a string')
  }
  if (typeof (answer.claims ?? {}) !== 'object') {
    throw new TypeError('the "claims" that signIn answers must be an object')
  }
  // They travel in a header with every request, and gates refuse tokens that are too long to be any.
  if (answer.subject.length > 255 || JSON.stringify(answer.claims ?? {}).length > 4096) {
    throw new TypeError(
      'the "subject" (255 characters) or the "claims" (4096 as JSON) that signIn answers are too long',
    )
  }
  return answer
}

function describe(server: AuthorizationServer, authorization: AuthorizationRequest): PendingAuthorization {
  const { client, redirectUri, scopes, resources } = authorization
  const resumeUrl = `${server.urls.authorize}?${resumedQuery(authorization)}`
  return { client, redirectUri, scopes, resources, resumeUrl }
}
