import { type OptionNames, refuseUnknownOptions } from '../options/unknown-options.js'
import type { FailureReason, Outage } from './reasons.js'

/**
 * Every error code that Tollgate sends, with its HTTP status.
 *
 * `invalid_grant` is 401, as FastMCP documents it. `invalidGrantStatus: 400` of `OAuthProvider` and `TokenHandler` sets
 * the status of RFC 6749. The official MCP clients read the body and accept both.
 */
const statusByCode = {
  // RFC 6749 sections 4.1.2.1 and 5.2
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 401,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  unsupported_response_type: 400,
  invalid_scope: 400,
  access_denied: 403,
  server_error: 500,
  temporarily_unavailable: 503,
  // RFC 6750 section 3.1
  invalid_token: 401,
  insufficient_scope: 403,
  // RFC 7591 section 3.2.2
  invalid_redirect_uri: 400,
  invalid_client_metadata: 400,
  // RFC 8707 section 2
  invalid_target: 400,
  // OpenID Connect Core section 3.1.2.6
  request_not_supported: 400,
  request_uri_not_supported: 400,
} as const satisfies Record<string, number>

/** An error code as OAuth documents carry it, for example `invalid_grant`. */
export type OAuthErrorCode = keyof typeof statusByCode

/** What an {@link OAuthError} may carry besides its code and description. */
export interface OAuthErrorOptions {
  /** The reason, for events and tests. Never sent to the client. Reasons of the application start with `app_`. */
  readonly reason?: FailureReason | undefined
  /** What the operator or developer can do, for events. Never sent to the client. */
  readonly hint?: string | undefined
  /** The ID of the client that sent the request, for events. */
  readonly clientId?: string | undefined
  /** The caught error. Never sent to the client. */
  readonly cause?: unknown
  /** An HTTP status from 400 to 599 that replaces the status of the code, for example 413 for a large body. */
  readonly status?: number | undefined
  /** Whole seconds until the client may try again, sent as `Retry-After`. */
  readonly retryAfter?: number | undefined
  /** The `WWW-Authenticate` header of the response. */
  readonly challenge?: string | undefined
}

const optionNames = {
  reason: true,
  clientId: true,
  cause: true,
  status: true,
  retryAfter: true,
  challenge: true,
  hint: true,
} as const satisfies OptionNames<OAuthErrorOptions>

/**
 * An error response of OAuth. Anything below an endpoint may throw it, including your hooks; one place turns it into a
 * response.
 *
 * The message becomes `error_description`, which the client reads: it must not contain a token, a code, a secret or
 * anything that the client does not know already.
 *
 * @see [RFC 6749 section 5.2](https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2)
 */
export class OAuthError extends Error {
  override readonly name: string = 'OAuthError'
  readonly code: OAuthErrorCode
  readonly status: number
  readonly reason: FailureReason | undefined
  readonly hint: string | undefined
  readonly clientId: string | undefined
  readonly retryAfter: number | undefined
  readonly challenge: string | undefined

  /** @throws `TypeError` for an unknown code, a status that is not an error, or an invalid header value. */
  constructor(code: OAuthErrorCode, description: string, options: OAuthErrorOptions = {}) {
    super(description, options.cause === undefined ? undefined : { cause: options.cause })
    refuseUnknownOptions('OAuthError', options, optionNames)
    checkSendable(code, options)
    this.code = code
    this.status = options.status ?? statusByCode[code]
    this.reason = options.reason
    this.hint = options.hint
    this.clientId = options.clientId
    this.retryAfter = options.retryAfter
    this.challenge = options.challenge
  }
}

/** Hooks in JavaScript may pass any value. */
function checkSendable(
  code: string,
  { status = 400, retryAfter = 0, challenge = '' }: OAuthErrorOptions,
): void {
  if (!Object.hasOwn(statusByCode, code))
    throw new TypeError('OAuthError: "code" must be one of the known error codes.')
  if (!(Number.isInteger(status) && status >= 400 && status <= 599)) {
    throw new TypeError('OAuthError: "status" must be an integer from 400 to 599.')
  }
  if (!(Number.isSafeInteger(retryAfter) && retryAfter >= 0)) {
    throw new TypeError('OAuthError: "retryAfter" must be a whole number of seconds.')
  }
  if (!/^[\x20-\x7e]*$/.test(challenge))
    throw new TypeError('OAuthError: "challenge" must be printable ASCII.')
}

/** What was thrown, as an `OAuthError` that says which client it happened to. */
export function withClientId(thrown: unknown, clientId: string): OAuthError {
  const error = toOAuthError(thrown)
  return new OAuthError(error.code, error.message, { ...optionsOf(error), clientId })
}

/** The options of an error, for a copy with changes. */
export function optionsOf(error: OAuthError): OAuthErrorOptions {
  const { status, reason, hint, clientId, cause, retryAfter, challenge } = error
  return { status, reason, hint, clientId, cause, retryAfter, challenge }
}

/** Seconds in `Retry-After` if something behind the server is down. */
const retryAfterOutage = 5

/**
 * An error for when something that the server depends on is down. It is 503 with `Retry-After`, never 401: after a 401, a
 * client discards credentials that may be valid.
 */
export function unavailable(reason: Outage, cause?: unknown, retryAfter = retryAfterOutage): OAuthError {
  return new OAuthError('temporarily_unavailable', 'The server cannot answer right now. Try again shortly.', {
    reason,
    cause,
    retryAfter,
  })
}

/** What to tell a client when `error` kept the server from finding something out: an outage, whatever was thrown. */
export function outageOf(error: unknown): OAuthError {
  const isOutage = error instanceof OAuthError && error.code === 'temporarily_unavailable'
  return isOutage ? error : unavailable('verification_failed', error)
}

/** The `OAuthError` that a client is told of when `error` was thrown. What is not one becomes `server_error`. */
export function toOAuthError(error: unknown): OAuthError {
  if (error instanceof OAuthError) return error
  return new OAuthError('server_error', 'The server failed to handle the request.', {
    reason: 'unexpected_error',
    cause: error,
  })
}
