import { readFormAsSent } from '../../http/body.js'
import { readCookie, sessionCookie } from '../../http/cookie.js'
import { queryOf } from '../../http/http-request.js'
import type { HttpResponse } from '../../http/http-response.js'
import { OAuthError } from '../../oauth/oauth-error.js'
import { randomToken, sha256 } from '../../runtime/crypto.js'
import {
  type AuthorizationRequest,
  checkAuthorizationRequest,
} from '../authorization/authorization-request.js'
import { AuthorizationError, errorsForClient } from '../authorization/authorization-response.js'
import { grantAuthorization } from '../authorization/issue-code.js'
import { askSignIn, type SignedIn } from '../authorization/sign-in.js'
import { answerAuthorizationError } from '../pages/answer-authorization-error.js'
import { showConsent } from '../pages/show-consent.js'
import { enforceRateLimit } from '../rate-limit/rate-limit.js'
import type { AuthorizationServer } from '../server/authorization-server.js'
import type { ServerCall } from '../server/server-call.js'

/**
 * The authorization endpoint: checks the request, asks the application who the user is, and asks the user.
 *
 * @see [RFC 6749 section 3.1](https://www.rfc-editor.org/rfc/rfc6749.html#section-3.1)
 */
export async function authorize(call: ServerCall): Promise<HttpResponse> {
  const { server, http } = call
  const query = http.method === 'POST' ? (await readFormAsSent(http)).toQuery() : queryOf(http)
  const checked = await checkAuthorizationRequest(server, query)
  const start = { at: server.now() }
  const outcome = await errorsForClient(checked, () => askSignIn(call, checked))
  if (outcome.kind === 'answered') return outcome.response
  // Who is signed in has been asked nothing yet, unless the application says so: they follow links like anybody.
  if (outcome.kind === 'denied') {
    const authorization = { ...checked, userWasAsked: outcome.by === 'user' }
    return answerDenied(call, authorization, outcome.by)
  }
  const { user } = outcome
  const consentGiven = user.consentGiven === true
  const authorization = { ...checked, userWasAsked: consentGiven }
  return errorsForClient(authorization, async () => {
    const { clientId } = authorization
    const sender = await senderOf(call)
    const { subject } = user
    await enforceRateLimit(call, { stage: 'authenticated', clientId, subject, ...sender })
    await server.stepUps?.noteAsked({ clientId, subject })
    if (!consentGiven) return askConsent(call, { authorization, user })
    const { response } = await grantAuthorization(call, authorization, user, start)
    emitGranted(call, authorization, user.subject)
    return response
  })
}

async function askConsent(
  call: ServerCall,
  { authorization, user }: { readonly authorization: AuthorizationRequest; readonly user: SignedIn },
): Promise<HttpResponse> {
  const { server } = call
  const transaction = randomToken()
  const browser = readBrowser(call) ?? randomToken()
  const cookie = sessionCookie(browserCookie(server), browser, isSecure(server))
  const page = await showConsent(call, { authorization, user, transaction, cookie })
  const { query, redirectUri, scopes, resources } = authorization
  const pending = {
    query,
    shown: { redirectUri, scopes, resources },
    subject: user.subject,
    browserDigest: await sha256(browser),
  }
  await server.records.pendingConsents.save(transaction, pending, server.now() + server.lifetimes.consent)
  call.emit({ type: 'consent.shown', ...grantOf(authorization, user.subject) })
  return page
}

/** Who has sent the user here, as far as the browser says so: `none` is the user, or a program on their computer. */
async function senderOf(call: ServerCall) {
  const site = call.http.header('sec-fetch-site')
  const browser = readBrowser(call)
  return {
    isFromOtherSite: site === undefined ? undefined : site === 'cross-site' || site === 'same-site',
    browser: browser === undefined ? undefined : await sha256(browser),
  }
}

/** What ties a consent page to the browser that it was shown in. */
export function readBrowser({ server, http }: ServerCall): string | undefined {
  const browser = readCookie(http, browserCookie(server))
  return browser !== undefined && /^[\w-]{43}$/.test(browser) ? browser : undefined
}

/** `__Host-` keeps other hosts of the domain from setting the cookie; browsers refuse it without https. */
function browserCookie(server: AuthorizationServer): string {
  return isSecure(server) ? '__Host-tollgate-browser' : 'tollgate-browser'
}

/** By configuration, not by connection: behind a proxy, the last hop is often plain http. */
function isSecure(server: AuthorizationServer): boolean {
  return server.urls.authorize.startsWith('https:')
}

export function emitGranted(
  { emit }: ServerCall,
  authorization: AuthorizationRequest,
  subject: string,
): void {
  emit({ type: 'authorization.granted', ...grantOf(authorization, subject) })
}

function grantOf({ clientId, scopes, resources }: AuthorizationRequest, subject: string) {
  return { clientId, subject, scopes, resources }
}

/** Tells the client that the user, or the application for them, does not want it. */
export async function answerDenied(
  call: ServerCall,
  authorization: AuthorizationRequest,
  by: 'user' | 'application',
): Promise<HttpResponse> {
  call.emit({ type: 'authorization.denied', by, clientId: authorization.clientId })
  const error = new OAuthError('access_denied', 'The request was denied.')
  return answerAuthorizationError(call, new AuthorizationError(error, authorization))
}
