import { readForm } from '../../http/body.js'
import type { HttpResponse } from '../../http/http-response.js'
import type { RequestParameters } from '../../http/request-parameters.js'
import { OAuthError } from '../../oauth/oauth-error.js'
import { urlOrigin } from '../../options/url.js'
import {
  type AuthorizationRequest,
  checkAuthorizationRequest,
} from '../authorization/authorization-request.js'
import { asAuthorizationError } from '../authorization/authorization-response.js'
import { refuseOtherBrowsers } from '../authorization/browser-binding.js'
import { deny } from '../authorization/deny.js'
import { issueCode, reportGranted } from '../authorization/issue-code.js'
import { rejectedConsent } from '../authorization/rejected-consent.js'
import { askSignIn } from '../authorization/sign-in.js'
import { answerAuthorizationError } from '../pages/answer-authorization-error.js'
import type { ShownTerms } from '../records/stored-records.js'
import type { ServerCall } from '../server/server-call.js'
import { currentMarks } from '../tokens/revocation-marks.js'

/**
 * Applies the user's decision on the consent page.
 *
 * A decision counts once, from the browser that saw the page, while the same user is signed in, and only for what the
 * page showed.
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

  // The client may have been removed since, or its metadata may have changed.
  const authorization = await checkAuthorizationRequest(server, pending.query, pending.shown.redirectUri)
  if (!isAsShown(authorization, pending.shown))
    throw rejectedConsent(call, 'other_request', authorization.clientId)
  const answer = { call, transaction, authorization, subject: pending.subject }
  return decision === 'deny' ? refuse(answer, 'user') : allow(answer)
}

/** Whether the request still means what the page showed. Its meaning depends on the current client metadata. */
function isAsShown(authorization: ShownTerms, shown: ShownTerms): boolean {
  const textOf = ({ redirectUri, scopes, resources }: ShownTerms) =>
    JSON.stringify([redirectUri, scopes, resources])
  return textOf(authorization) === textOf(shown)
}

interface ConsentAnswer {
  readonly call: ServerCall
  readonly transaction: string
  readonly authorization: AuthorizationRequest
  /** The user who was signed in when the page was shown. */
  readonly subject: string
}

async function allow(answer: ConsentAnswer): Promise<HttpResponse> {
  const { call, authorization, subject } = answer
  const { server } = call
  const start = await asAuthorizationError(authorization, async () => ({
    at: server.now(),
    marks: await currentMarks(server, { subject, clientId: authorization.clientId }),
  }))
  const outcome = await asAuthorizationError(authorization, () => askSignIn(call, authorization))
  if (outcome.kind === 'answered') return outcome.response
  if (outcome.kind === 'denied') return refuse(answer, outcome.by)
  if (outcome.user.subject !== subject) {
    throw rejectedConsent(call, 'other_user', authorization.clientId)
  }
  const { code, response } = await asAuthorizationError(authorization, () =>
    issueCode(call, authorization, outcome.user, start),
  )
  if (!(await takeConsent(answer))) {
    await server.records.codes.delete(code)
    throw alreadyAnswered()
  }
  reportGranted(call, authorization, subject)
  return response
}

async function refuse(answer: ConsentAnswer, by: 'user' | 'application'): Promise<HttpResponse> {
  const { call, authorization } = answer
  if (!(await takeConsent(answer))) throw alreadyAnswered()
  return answerAuthorizationError(call, deny(call, authorization, by))
}

/** Consumes the decision. Resolves to `false` for all requests but one, even if they are simultaneous. */
async function takeConsent({
  call: { server },
  transaction,
  authorization,
}: ConsentAnswer): Promise<boolean> {
  const taken = await asAuthorizationError(authorization, () =>
    server.records.pendingConsents.take(transaction),
  )
  return taken !== undefined
}

function alreadyAnswered(): OAuthError {
  return new OAuthError('invalid_request', 'This page has expired, or you have already answered it.', {
    reason: 'consent_expired_or_answered',
  })
}

function readDecision(form: RequestParameters): 'allow' | 'deny' {
  const decision = form.require('decision')
  if (decision === 'allow' || decision === 'deny') return decision
  throw new OAuthError('invalid_request', 'The decision must be allow or deny.')
}

/**
 * Refuses forms from other sites, by the headers that browsers set. `Origin` is `null`, because the consent page has
 * `Referrer-Policy: no-referrer`. Then the cookie and the transaction decide.
 */
function refuseOtherSites(call: ServerCall): void {
  const { server, http } = call
  const site = http.header('sec-fetch-site')
  const origin = http.header('origin')
  const isForeign =
    site !== undefined
      ? site !== 'same-origin'
      : origin !== undefined && origin !== 'null' && origin !== urlOrigin(server.urls.consent)
  if (isForeign) throw rejectedConsent(call, 'other_site')
}
