import type { FailureReason, RequestFailure } from '../oauth/reasons.js'

/** The remedies of failures that an option of the server may cause. */
export const failureHints: Readonly<Partial<Record<RequestFailure, string>>> = {
  assertion_key_ambiguous: 'The client must name its key in the header of the assertion ("kid").',
  body_already_read: 'Mount the Tollgate routes before the middleware that reads the body.',
  client_document_invalid: 'See the event "document.failed".',
  client_document_unavailable: 'See the event "document.failed".',
  client_method: 'Set "token_endpoint_auth_method" of the client to the method that it uses.',
  client_secret_expired: 'If registered clients need longer, raise "clientSecretLifetime".',
  client_unknown: 'If the client registered before a restart, use a "store" that survives restarts.',
  code_expired: 'If clients need longer, raise "lifetimes.authorizationCode".',
  code_resource_withdrawn: 'Serve the resource again, or add it to "resources".',
  code_unknown: 'If the server has several processes, they must share one "store".',
  consent_expired_or_answered: 'If users need longer, raise "lifetimes.consent".',
  consent_other_site: 'If a proxy changes the host, set "baseUrl" to the public URL.',
  initial_access_token_missing: 'Hand out a token, or set "dynamicRegistration" to true.',
  no_signing_key: 'Check the "store", and the keys of encryptedStore if you use it.',
  rate_limited:
    'If legitimate clients are limited, raise "rateLimit". To limit by address, set "clientAddress".',
  refresh_token_expired:
    'If users must sign in too often, raise "lifetimes.refreshToken" or "lifetimes.refreshTokenIdle".',
  refresh_token_resource_withdrawn: 'Serve the resource again, or add it to "resources".',
  refresh_token_reused:
    'If the client refreshes in parallel, raise "refreshGrace" (60 at most). Otherwise the token was stolen.',
  refresh_token_unknown: 'All processes must share one "store" that survives restarts.',
  store_contradicts_itself: 'Use a "store" whose operations are atomic across processes.',
}

/** Returns what an operator or developer can do about a failure. `undefined` if no option fixes it. */
export function hintFor(reason: FailureReason | undefined): string | undefined {
  return reason !== undefined && Object.hasOwn(failureHints, reason)
    ? failureHints[reason as RequestFailure]
    : undefined
}
