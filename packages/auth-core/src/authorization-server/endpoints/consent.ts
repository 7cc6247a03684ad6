import { hintFor } from '../../events/failure-hints.js'
import { readForm } from '../../http/body.js'
import type { HttpResponse } from '../../http/http-response.js'
import type { RequestParameters } from '../../http/request-parameters.js'
import { OAuthError } from '../../oauth/oauth-error.js'
import type { ConsentRejection, FailureReason } from '../../oauth/reasons.js'
import { urlOrigin } from '../../options/url.js'
import { constantTimeEqual, sha256 } from '../../runtime/crypto.js'
import {
  type AuthorizationRequest,
  checkAuthorizationRequest,
} from '../authorization/authorization-request.js'
import { errorsForClient } from '../authorization/authorization-response.js'
import { grantAuthorization } from '../authorization/issue-code.js'
import { askSignIn } from '../authorization/sign-in.js'
import type { PendingConsent, ShownTerms } from '../records/stored-records.js'
import type { ServerCall } from '../server/server-call.js'
import { currentMarks } from '../tokens/revocation-marks.js'
import { answerDenied, emitGranted, readBrowser } from './authorize.js'

/**
 * Takes the user's answer to the consent page. It counts once, from the browser that was shown the page, only while
 * the same user is signed in, and only for what the page said.
 *
 * @see [RFC 9700 section 4.7](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.7)
 */
export async function answerConsent(call: ServerCall): Promise<HttpResponse> {
  const { server } = call
  refuseOtherSites(call)
  const form = await readForm(call.http)
  const transaction = form.require('transaction')
  const decision = readDecision(form)
  const pending = (await server.records.pendingConsents.find(transaction))?.value
  if (pending === undefined) throw alreadyAnswered()
  await refuseOtherBrowsers(call, pending)

  // Checked again, because the client may have been removed while the user was reading, or may ask for more by now.
  const authorization = await checkAuthorizationRequest(server, pending.query, pending.shown.redirectUri)
  if (!isAsShown(authorization, pending.shown)) throw rejected(call, 'other_request', authorization.clientId)
  const answer = { call, transaction, authorization, subject: pending.subject }
  return decision === 'deny' ? deny(answer, 'user') : allow(answer)
}

/** Whether the request means what the user has read: what it leaves out is in the client's metadata. */
function isAsShown(authorization: ShownTerms, shown: ShownTerms): boolean {
  const textOf = ({ redirectUri, scopes, resources }: ShownTerms) =>
    JSON.stringify([redirectUri, scopes, resources])
  return textOf(authorization) === textOf(shown)
}

interface ConsentAnswer {
  readonly call: ServerCall
  readonly transaction: string
  readonly authorization: AuthorizationRequest
  /** Who was signed in when the page was shown. */
  readonly subject: string
}

async function allow(answer: ConsentAnswer): Promise<HttpResponse> {
  const { call, authorization, subject } = answer
  const { server } = call
  const start = await errorsForClient(authorization, async () => ({
    at: server.now(),
    marks: await currentMarks(server, { subject, clientId: authorization.clientId }),
  }))
  const outcome = await errorsForClient(authorization, () => askSignIn(call, authorization))
  if (outcome.kind === 'answered') return outcome.response
  if (outcome.kind === 'denied') return deny(answer, outcome.by)
  if (outcome.user.subject !== subject) {
    throw rejected(call, 'other_user', authorization.clientId)
  }
  const { code, response } = await errorsForClient(authorization, () =>
    grantAuthorization(call, authorization, outcome.user, start),
  )
  if (!(await takeConsent(answer))) {
    await server.records.codes.delete(code)
    throw alreadyAnswered()
  }
  emitGranted(call, authorization, subject)
  return response
}

async function deny(answer: ConsentAnswer, by: 'user' | 'application'): Promise<HttpResponse> {
  const { call, authorization } = answer
  if (!(await takeConsent(answer))) throw alreadyAnswered()
  return answerDenied(call, authorization, by)
}

/** Makes the answer count once: of two, also of two at the same moment, one gets `false`. */
async function takeConsent({
  call: { server },
  transaction,
  authorization,
}: ConsentAnswer): Promise<boolean> {
  const taken = await errorsForClient(authorization, () => server.records.pendingConsents.take(transaction))
  return taken !== undefined
}

function alreadyAnswered(): OAuthError {
  return new OAuthError('invalid_request', 'This page has expired or was answered already.', {
    reason: 'consent_expired_or_answered',
  })
}

function readDecision(form: RequestParameters): 'allow' | 'deny' {
  const decision = form.require('decision')
  if (decision === 'allow' || decision === 'deny') return decision
  throw new OAuthError('invalid_request', 'The decision must be allow or deny.')
}

/**
 * Browsers say where a form comes from. `Origin` may be `null`, which is what `Referrer-Policy: no-referrer`, as on
 * our own page, makes of it; the cookie and the transaction decide then.
 */
function refuseOtherSites(call: ServerCall): void {
  const { server, http } = call
  const site = http.header('sec-fetch-site')
  const origin = http.header('origin')
  const isForeign =
    site !== undefined
      ? site !== 'same-origin'
      : origin !== undefined && origin !== 'null' && origin !== urlOrigin(server.urls.consent)
  if (isForeign) throw rejected(call, 'other_site')
}

async function refuseOtherBrowsers(call: ServerCall, pending: PendingConsent): Promise<void> {
  const browser = readBrowser(call)
  if (browser === undefined || !constantTimeEqual(await sha256(browser), pending.browserDigest))
    throw rejected(call, 'other_browser', new URLSearchParams(pending.query).get('client_id') ?? undefined)
}

const notFromOurPage = 'The answer did not come from the page that this browser was shown.'
const rejections = {
  other_site: { reason: 'consent_other_site', description: notFromOurPage },
  other_browser: { reason: 'consent_other_browser', description: notFromOurPage },
  other_user: {
    reason: 'consent_other_user',
    description: 'Another user has signed in since this page was shown.',
  },
  other_request: {
    reason: 'consent_other_request',
    description: 'The application has changed what it asks for since this page was shown.',
  },
} as const satisfies Record<ConsentRejection, { reason: FailureReason; description: string }>

/** Perhaps an attack. For the user to read in any case: a redirect would tell the client of one user about another. */
function rejected({ emit }: ServerCall, rejection: ConsentRejection, clientId?: string): OAuthError {
  const { reason, description } = rejections[rejection]
  emit({ type: 'consent.rejected', reason: rejection, clientId, hint: hintFor(reason) })
  return new OAuthError('access_denied', description, { reason, clientId })
}
