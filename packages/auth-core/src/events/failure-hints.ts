import type { FailureReason, RequestFailure } from '../oauth/reasons.js'

/** What mends a failure, where it may be an option of the server. */
export const failureHints: Readonly<Partial<Record<RequestFailure, string>>> = {
  assertion_key_ambiguous: 'Have the client name the key in the header of the assertion ("kid").',
  body_already_read: 'Mount the routes of Tollgate before the middleware that reads the body.',
  client_document_invalid: 'See the event "document.failed".',
  client_document_unavailable: 'See the event "document.failed".',
  client_method: 'Set "token_endpoint_auth_method" of the client to the way in which it authenticates.',
  client_secret_expired: 'If that is too early for clients that register, raise "clientSecretLifetime".',
  client_unknown: 'If the client registered before a restart, use a "store" that outlives it.',
  code_expired: 'If clients need longer, raise "lifetimes.authorizationCode".',
  code_resource_withdrawn: 'Serve the resource again, or name it in "resources".',
  code_unknown: 'If there are several processes, give them one "store".',
  consent_expired_or_answered: 'If users need longer, raise "lifetimes.consent".',
  consent_other_site: 'If a proxy changes the host, set "baseUrl" to the public URL.',
  initial_access_token_missing: 'Hand out a token, or set "dynamicRegistration" to true.',
  no_signing_key: 'Check the "store", and the keys of encryptedStore.',
  rate_limited: 'If that is too few, set "rateLimit"; "clientAddress" lets it count by address.',
  refresh_token_expired:
    'If users sign in too often, raise "lifetimes.refreshToken" or "lifetimes.refreshTokenIdle".',
  refresh_token_resource_withdrawn: 'Serve the resource again, or name it in "resources".',
  refresh_token_reused:
    'If the client refreshes in parallel, raise "refreshGrace" (60 at most). Otherwise the token was stolen.',
  refresh_token_unknown:
    'If the server was restarted or has several processes, give them one "store" that lasts.',
  store_contradicts_itself: 'Use a "store" whose operations are atomic across processes.',
}

/** What an operator or a developer can do about a failure; `undefined` where no option would mend it. */
export function hintFor(reason: FailureReason | undefined): string | undefined {
  return reason !== undefined && Object.hasOwn(failureHints, reason)
    ? failureHints[reason as RequestFailure]
    : undefined
}
