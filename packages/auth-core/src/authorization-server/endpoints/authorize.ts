import { readFormAsSent } from '../../http/body.js'
import { queryOf } from '../../http/http-request.js'
import type { HttpResponse } from '../../http/http-response.js'
import { randomToken } from '../../runtime/crypto.js'
import {
  type AuthorizationRequest,
  checkAuthorizationRequest,
} from '../authorization/authorization-request.js'
import { asAuthorizationError } from '../authorization/authorization-response.js'
import { bindBrowser, browserDigest } from '../authorization/browser-binding.js'
import { deny } from '../authorization/deny.js'
import { issueCode, reportGranted, termsOf } from '../authorization/issue-code.js'
import { askSignIn, type SignedIn } from '../authorization/sign-in.js'
import { answerAuthorizationError } from '../pages/answer-authorization-error.js'
import { showConsent } from '../pages/show-consent.js'
import { enforceRateLimit } from '../rate-limit/rate-limit.js'
import type { ServerCall } from '../server/server-call.js'

/**
 * The authorization endpoint: checks the request, calls the sign-in hook, and shows the consent page.
 *
 * @see [RFC 6749 section 3.1](https://www.rfc-editor.org/rfc/rfc6749.html#section-3.1)
 */
export async function authorize(call: ServerCall): Promise<HttpResponse> {
  const { server, http } = call
  const query = http.method === 'POST' ? (await readFormAsSent(http)).toQuery() : queryOf(http)
  const checked = await checkAuthorizationRequest(server, query)
  const start = { at: server.now() }
  const outcome = await asAuthorizationError(checked, () => askSignIn(call, checked))
  if (outcome.kind === 'answered') return outcome.response
  // A signed-in user has decided nothing yet, unless the application says so: the request may be a crafted link.
  if (outcome.kind === 'denied') {
    const authorization = { ...checked, userWasAsked: outcome.by === 'user' }
    return answerAuthorizationError(call, deny(call, authorization, outcome.by))
  }
  const { user } = outcome
  const consentGiven = user.consentGiven === true
  const authorization = { ...checked, userWasAsked: consentGiven }
  return asAuthorizationError(authorization, async () => {
    const { clientId } = authorization
    const sender = await senderOf(call)
    const { subject } = user
    await enforceRateLimit(call, { stage: 'authenticated', clientId, subject, ...sender })
    await server.stepUps?.noteAsked({ clientId, subject })
    if (!consentGiven) return askConsent(call, { authorization, user })
    const { response } = await issueCode(call, authorization, user, start)
    reportGranted(call, authorization, user.subject)
    return response
  })
}

async function askConsent(
  call: ServerCall,
  { authorization, user }: { readonly authorization: AuthorizationRequest; readonly user: SignedIn },
): Promise<HttpResponse> {
  const { server } = call
  const transaction = randomToken()
  const { cookie, digest } = await bindBrowser(call)
  const page = await showConsent(call, { authorization, user, transaction, cookie })
  const { query, redirectUri, scopes, resources } = authorization
  const pending = {
    query,
    shown: { redirectUri, scopes, resources },
    subject: user.subject,
    browserDigest: digest,
  }
  await server.records.pendingConsents.save(transaction, pending, server.now() + server.lifetimes.consent)
  call.emit({ type: 'consent.shown', ...termsOf(authorization, user.subject) })
  return page
}

/** Returns whether another site sent the user here (`Sec-Fetch-Site`), and which browser it is. */
async function senderOf(call: ServerCall) {
  const site = call.http.header('sec-fetch-site')
  return {
    isFromOtherSite: site === undefined ? undefined : site === 'cross-site' || site === 'same-site',
    browser: await browserDigest(call),
  }
}
