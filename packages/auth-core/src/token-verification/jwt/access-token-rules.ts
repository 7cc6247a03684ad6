import type { JWTPayload } from 'jose'
import { isInMilliseconds } from '../../contract/checked-verdict.js'
import type { EventListener } from '../../events/auth-event.js'
import { noListener } from '../../events/listener.js'
import type { TimeRejection, TokenRejection } from '../../oauth/reasons.js'
import type { Clock } from '../../runtime/clock.js'
import { type AcceptedIssuers, isKeyOfIssuer } from './accepted-issuers.js'
import { type ExpectedRecipient, wrongRecipient } from './audience.js'
import { decodeJws, isSignedByOneOf, type JwtHeader, type KeySource, typOf } from './jws.js'
import { isKeyBound } from './key-bound.js'
import { kindOfToken, mayBeAccessToken } from './token-kind.js'

/** The rules for an access token of this server. */
export interface JwtRules {
  readonly issuers: AcceptedIssuers
  readonly algorithms: ReadonlySet<string>
  /** `at+jwt` for RFC 9068; `any-jwt` for issuers that do not set it. Both refuse other kinds of JWT. */
  readonly typ: 'at+jwt' | 'any-jwt'
  /** Claims that are required besides `iss`, `aud` and `exp`. */
  readonly requiredClaims: readonly string[]
  /** Accepts tokens that are bound to a key, without a proof of the key. */
  readonly acceptBound?: boolean | undefined
  /** Seconds that clocks may differ. */
  readonly clockTolerance: number
  /** Seconds for `exp` alone. Default: `clockTolerance`. */
  readonly expiryTolerance?: number
  readonly now: Clock
}

/** The reason why a token is invalid. */
export interface JwtRejection {
  readonly rejected: TokenRejection
  readonly claims?: undefined
}

export interface VerifiedJwt {
  readonly claims: JWTPayload & { readonly exp: number }
  readonly rejected?: undefined
}

/**
 * Verifies a JWT access token. The signature comes last, so that tokens of other issuers never cause a fetch of keys.
 *
 * @param emit Gets an event if keys cannot be fetched, or a function of the application fails. Default: no listener.
 * @param isSignatureKnown Whether this signature was verified before, with keys that are still trusted.
 * @throws `temporarily_unavailable` if the keys cannot be fetched.
 * @see [RFC 9068 section 4](https://www.rfc-editor.org/rfc/rfc9068.html#section-4)
 * @see [RFC 8725 section 3](https://www.rfc-editor.org/rfc/rfc8725.html#section-3)
 */
export async function verifyJwt(
  token: string,
  rules: JwtRules,
  expected: ExpectedRecipient,
  keys: KeySource,
  emit: EventListener = noListener,
  isSignatureKnown = false,
): Promise<VerifiedJwt | JwtRejection> {
  const decoded = decodeJws(token)
  if (decoded === undefined) return { rejected: 'not_a_jwt' }
  const { header, claims } = decoded
  const rejected = checkHeader(header, rules) ?? checkClaims(claims, header, rules, expected, emit)
  if (rejected !== undefined) return { rejected }
  if (isSignatureKnown) return { claims: claims as VerifiedJwt['claims'] }

  const mayUse = (keyIssuer: string) => isKeyOfIssuer(keyIssuer, claims.iss)
  const found = await keys.find(header, emit, mayUse)
  const isSigned = await isSignedByOneOf(found, token, header.alg)
  return isSigned ? { claims: claims as VerifiedJwt['claims'] } : { rejected: 'signature' }
}

function checkHeader(header: JwtHeader, rules: JwtRules): TokenRejection | undefined {
  if (!rules.algorithms.has(header.alg)) return 'algorithm'
  if (header.crit !== undefined) return 'critical_header'
  if (header['b64'] !== undefined) return 'unencoded_payload'
  return mayBeAccessToken(typOf(header), rules.typ) ? undefined : 'type'
}

function checkClaims(
  claims: JWTPayload,
  header: JwtHeader,
  rules: JwtRules,
  expected: ExpectedRecipient,
  emit: EventListener,
): TokenRejection | undefined {
  const now = rules.now()
  const { iss, exp, nbf, iat } = claims as Record<string, unknown>
  const isOfIssuer = () => typeof iss === 'string' && rules.issuers.of(claims, emit).includes(iss)
  const isAskedLast = rules.issuers.kind === 'function'
  if (!isAskedLast && !isOfIssuer()) return 'issuer'
  const notForUs = wrongRecipient(claims, expected)
  if (notForUs !== undefined) return notForUs
  const kind = kindOfToken(typOf(header), claims, expected.audiences)
  if (kind !== 'access_token') return kind === 'id_token' ? 'id_token' : 'type'
  if (rules.acceptBound !== true && isKeyBound(claims)) return 'bound_to_key'
  if (isInMilliseconds(exp)) return 'expiry_in_milliseconds'
  const wrongTime = checkTimes({ exp, nbf, iat }, now, rules.clockTolerance, rules.expiryTolerance)
  if (wrongTime !== undefined) return wrongTime
  if (claims.sub !== undefined && typeof claims.sub !== 'string') return 'subject'
  if (!rules.requiredClaims.every((claim) => isGiven(claims[claim]))) return 'missing_claim'
  return isAskedLast && !isOfIssuer() ? 'issuer' : undefined
}

/** Why the times of a token make it invalid at `now`; `undefined` if they do not. `exp` is required. */
export function checkTimes(
  { exp, nbf, iat }: { readonly exp: unknown; readonly nbf: unknown; readonly iat: unknown },
  now: number,
  tolerance: number,
  expiryTolerance = tolerance,
): TimeRejection | undefined {
  // Negated, so that a NaN clock rejects the token.
  if (!isTime(exp) || !(exp > now - expiryTolerance)) return 'expired'
  if (nbf !== undefined && (!isTime(nbf) || nbf > now + tolerance)) return 'not_yet_valid'
  if (iat !== undefined && (!isTime(iat) || iat > now + tolerance)) return 'issued_in_the_future'
  return undefined
}

/**
 * Whether a JWT that was refused as expired has an `exp`. No verifier can accept it then: either the issuer wrote the `exp`,
 * or the token is forged. Without `exp`, another verifier of the same issuer may accept it.
 */
export function saysWhenItEnded(token: string): boolean {
  return isTime(decodeJws(token)?.claims.exp)
}

/** Whether a claim has a value: text that is not empty, or a time. */
function isGiven(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || isTime(value)
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
