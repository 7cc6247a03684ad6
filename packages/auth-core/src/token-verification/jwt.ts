import type { JWTPayload } from 'jose'
import type { Clock } from '../clock.js'
import { type EventListener, nobodyListens } from '../events.js'
import type { TimeRejection, TokenRejection } from '../reasons.js'
import { isSameResource } from '../resource-identifier.js'
import { isBoundToKey } from './bound-to-key.js'
import { decodeJws, isSignedByOneOf, type JwtHeader, type KeySource, typOf } from './jws.js'
import { kindOfToken, mayBeAccessToken } from './token-kind.js'

/** What a token must say to be an access token for this server. */
export interface JwtRules {
  /** One of these, byte for byte. */
  readonly issuers: readonly string[]
  readonly algorithms: ReadonlySet<string>
  /** `at+jwt` for RFC 9068; `any-jwt` for issuers that do not set it, which still refuses other kinds. */
  readonly typ: 'at+jwt' | 'any-jwt'
  /** Claims that must be there besides `iss`, `aud` and `exp`. */
  readonly requiredClaims: readonly string[]
  /** Accepts a token that is bound to a key, although nobody here looks at the proof. */
  readonly acceptBound?: boolean | undefined
  /** Seconds that clocks may differ. */
  readonly clockTolerance: number
  /** The same for `exp`, if it is not the same. */
  readonly expiryTolerance?: number
  readonly now: Clock
}

/** A token that was not good, and why. */
export interface JwtRejection {
  readonly rejected: TokenRejection
  readonly claims?: undefined
}

export interface VerifiedJwt {
  readonly claims: JWTPayload & { readonly exp: number }
  readonly rejected?: undefined
}

/**
 * Verifies a JWT access token: every rule that needs no key first, so that what is not this issuer's token never
 * reaches its keys, and the signature last.
 *
 * @param audiences One of these must be in `aud`.
 * @param emit Told if keys cannot be fetched. Default: nobody, for keys that are not fetched.
 * @throws when the keys could not be found out.
 * @see [RFC 9068 section 4](https://www.rfc-editor.org/rfc/rfc9068.html#section-4)
 * @see [RFC 8725 section 3](https://www.rfc-editor.org/rfc/rfc8725.html#section-3)
 */
export async function verifyJwt(
  token: string,
  rules: JwtRules,
  audiences: readonly string[],
  keys: KeySource,
  emit: EventListener = nobodyListens,
): Promise<VerifiedJwt | JwtRejection> {
  const decoded = decodeJws(token)
  if (decoded === undefined) return { rejected: 'not_a_jwt' }
  const { header, claims } = decoded
  const rejected = checkHeader(header, rules) ?? checkClaims(claims, header, rules, audiences)
  if (rejected !== undefined) return { rejected }

  const isSigned = await isSignedByOneOf(await keys.find(header, emit), token, header.alg)
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
  audiences: readonly string[],
): TokenRejection | undefined {
  const now = rules.now()
  const { iss, aud, exp, nbf, iat } = claims as Record<string, unknown>
  if (typeof iss !== 'string' || !rules.issuers.includes(iss)) return 'issuer'
  if (!isAudience(aud, audiences)) return 'audience'
  const kind = kindOfToken(typOf(header), claims, audiences)
  if (kind !== 'access_token') return kind === 'id_token' ? 'id_token' : 'type'
  if (rules.acceptBound !== true && isBoundToKey(claims)) return 'bound_to_key'
  const wrongTime = checkTimes({ exp, nbf, iat }, now, rules.clockTolerance, rules.expiryTolerance)
  if (wrongTime !== undefined) return wrongTime
  if (claims.sub !== undefined && typeof claims.sub !== 'string') return 'subject'
  if (!rules.requiredClaims.every((claim) => isGiven(claims[claim]))) return 'missing_claim'
  return undefined
}

/** What is wrong with the times of a token at `now`, or `undefined` if nothing is. `exp` must be there. */
export function checkTimes(
  { exp, nbf, iat }: { readonly exp: unknown; readonly nbf: unknown; readonly iat: unknown },
  now: number,
  tolerance: number,
  expiryTolerance = tolerance,
): TimeRejection | undefined {
  // Said like this, a clock that tells no time makes nothing good.
  if (!isTime(exp) || !(exp > now - expiryTolerance)) return 'expired'
  if (nbf !== undefined && (!isTime(nbf) || nbf > now + tolerance)) return 'not_yet_valid'
  if (iat !== undefined && (!isTime(iat) || iat > now + tolerance)) return 'issued_in_the_future'
  return undefined
}

/**
 * Whether a JWT that a verifier of its issuer has refused as expired says when it ended, whatever its signature is. If the
 * issuer wrote that, the token has ended for everybody; if somebody else did, it is valid for nobody. One that says nothing
 * may be accepted by another verifier of the same issuer.
 */
export function saysWhenItEnded(token: string): boolean {
  return isTime(decodeJws(token)?.claims.exp)
}

/** Whether one of the audiences is an expected one. Anything but a string or a list of strings is none. */
export function isAudience(aud: unknown, expected: readonly string[]): boolean {
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud]
  return (
    audiences.every((one) => typeof one === 'string') &&
    audiences.some((one) => expected.some((resource) => isSameResource(one as string, resource)))
  )
}

/** Whether a claim says something: a text that is not empty, or a time. */
function isGiven(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || isTime(value)
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
