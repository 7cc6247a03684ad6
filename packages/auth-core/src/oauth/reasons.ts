/**
 * Every reason that events and errors carry, and every source that can be unavailable. The compiler refuses a reason that
 * is not listed here, and a test fails until `docs/reference/reasons.md` says what to do about it.
 *
 * Lists, not enums: only tests read them at run time, and bundlers drop them. None spreads another, because bundlers keep
 * a list that does.
 */

/** Why a time claim makes a JWT invalid. */
export type TimeRejection = 'expired' | 'not_yet_valid' | 'issued_in_the_future'

export const tokenRejections = [
  'algorithm',
  'audience',
  'bound_to_key',
  'claims',
  'client_removed',
  'critical_header',
  'expired',
  'expiry_in_milliseconds',
  'id_token',
  'inactive',
  'issued_in_the_future',
  'issuer',
  'malformed',
  'missing_claim',
  'not_a_jwt',
  'not_yet_valid',
  'owner',
  'recipient',
  'revoked',
  'scope',
  'signature',
  'subject',
  'type',
  'unencoded_payload',
  'unknown',
  'verifier',
] as const

/** Why a bearer token is invalid: the `reason` of `token.rejected`. */
export type TokenRejection = (typeof tokenRejections)[number]

export const assertionRejections = [
  'assertion_algorithm',
  'assertion_audience',
  'assertion_critical_header',
  'assertion_expired',
  'assertion_issued_in_the_future',
  'assertion_jti',
  'assertion_key_ambiguous',
  'assertion_lifetime',
  'assertion_malformed',
  'assertion_not_yet_valid',
  'assertion_replayed',
  'assertion_signature',
  'assertion_subject',
  'assertion_type',
] as const

/** Why a client assertion is invalid (RFC 7523). */
export type AssertionRejection = (typeof assertionRejections)[number]

export const credentialRejections = [
  'client_deleted',
  'client_method',
  'client_secret',
  'client_secret_expired',
  'client_unknown',
] as const

/** Why client authentication failed: the `reason` of `client.rejected`. */
export type ClientRejection = AssertionRejection | (typeof credentialRejections)[number]

export const codeRejections = [
  'code_client_mismatch',
  'code_code_verifier_mismatch',
  'code_expired',
  'code_redirect_uri_mismatch',
  'code_replayed',
  'code_resource_withdrawn',
  'code_revoked',
  'code_unknown',
  'code_user_refused',
] as const

/** Why an authorization code was refused. */
export type CodeRejection = (typeof codeRejections)[number]

export const refreshRejections = [
  'refresh_token_client_mismatch',
  'refresh_token_expired',
  'refresh_token_malformed',
  'refresh_token_resource_withdrawn',
  'refresh_token_reused',
  'refresh_token_revoked',
  'refresh_token_unknown',
  'refresh_token_user_refused',
] as const

/** Why a refresh token was refused. */
export type RefreshRejection = (typeof refreshRejections)[number]

export const consentRejections = ['other_browser', 'other_request', 'other_site', 'other_user'] as const

/** Why an answer to the consent page was refused: the `reason` of `consent.rejected`. */
export type ConsentRejection = (typeof consentRejections)[number]

export const documentFailures = [
  'busy',
  'invalid',
  'not_public',
  'paused',
  'redirect',
  'status',
  'timeout',
  'unreachable',
] as const

/** Why the metadata document of a client could not be read: the `reason` of `document.failed`. */
export type DocumentFailure = (typeof documentFailures)[number]

export const outages = [
  'claims_unavailable',
  'client_authenticator_failed',
  'client_document_unavailable',
  'client_policy_failed',
  'client_unproven',
  'initial_access_token_check_failed',
  'introspection_busy',
  'introspection_unavailable',
  'key_not_looked_up',
  'keys_contended',
  'keys_unavailable',
  'no_signing_key',
  'signing_unavailable',
  'store_contended',
  'store_contradicts_itself',
  'store_unavailable',
  'user_check_failed',
  'verification_failed',
] as const

/** Why a request got a 503. */
export type Outage = (typeof outages)[number]

export const otherFailures = [
  'body_already_read',
  'body_incomplete',
  'client_document_invalid',
  'consent_expired_or_answered',
  'initial_access_token',
  'initial_access_token_missing',
  'rate_limited',
  'step_up_needed',
  'redirect_uri_malformed',
  'redirect_uri_not_allowed',
  'redirect_uri_unregistered',
  'unexpected_error',
] as const

/** Why a request to the authorization server was refused or failed: the `reason` of `request.failed`. */
export type RequestFailure =
  | ClientRejection
  | CodeRejection
  | RefreshRejection
  | `consent_${ConsentRejection}`
  | Outage
  | (typeof otherFailures)[number]

/** A reason that the application defines, for an `OAuthError` that its hooks throw. */
export type ApplicationReason = `app_${string}`

/** Why an `OAuthError` was thrown. */
export type FailureReason = RequestFailure | ApplicationReason

export const unavailableSources = [
  'body',
  'claims',
  'client_address',
  'client_id',
  'error_page',
  'implies_scope',
  'introspection',
  'issuer',
  'jwks',
  'rate_limit',
  'scopes',
  'store',
  'verifier',
] as const

/** What failed: the `source` of `source.unavailable`. */
export type UnavailableSource = (typeof unavailableSources)[number]

/** Whether `source.unavailable` or `document.failed` reports the outage as well, beside `request.failed`. */
const isReported: Readonly<Record<Outage, boolean>> = {
  claims_unavailable: true,
  client_authenticator_failed: false,
  client_document_unavailable: true,
  client_policy_failed: false,
  client_unproven: true,
  initial_access_token_check_failed: false,
  introspection_busy: true,
  introspection_unavailable: true,
  // The keys were fetched a moment ago, so their source is not down.
  key_not_looked_up: true,
  keys_contended: false,
  keys_unavailable: true,
  no_signing_key: false,
  signing_unavailable: false,
  store_contended: false,
  store_contradicts_itself: false,
  store_unavailable: true,
  user_check_failed: false,
  verification_failed: true,
}

/** Whether another event has reported the outage, so that `request.failed` need not be printed as well. */
export function isReportedOutage(reason: string | undefined): boolean {
  return reason !== undefined && Object.hasOwn(isReported, reason) && isReported[reason as Outage]
}
