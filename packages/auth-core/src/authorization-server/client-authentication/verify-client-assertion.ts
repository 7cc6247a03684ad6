import type { JWTPayload } from 'jose'
import type { AssertionRejection, TimeRejection } from '../../oauth/reasons.js'
import type { Clock } from '../../runtime/clock.js'
import { checkTimes } from '../../token-verification/jwt/access-token-rules.js'
import { asymmetricAlgorithms } from '../../token-verification/jwt/algorithms.js'
import { decodeJws, type JwtHeader, typOf } from '../../token-verification/jwt/jws.js'
import type { ClientRecord } from '../clients/client.js'
import { type ClientKeys, TooManyCandidates } from './client-jwks-source.js'

/** The server that assertions are for, and the keys of its clients. An `AuthorizationServer` is one. */
export interface AssertionContext {
  readonly issuer: string
  readonly urls: { readonly token: string }
  readonly clientKeys: ClientKeys
  readonly now: Clock
}

/** An assertion that proves who the client is, and what makes it unique. */
export interface VerifiedAssertion {
  readonly rejected?: undefined
  readonly jti: string
  /** When every process rejects it, in seconds since the epoch: it must be remembered until then. */
  readonly usableUntil: number
}

export interface RejectedAssertion {
  readonly rejected: AssertionRejection
  /** Whether the client may have published keys since that verify it, and those cannot be fetched now. */
  readonly isUncertain?: boolean
}

/** How far the clocks of a client and of this server may differ, in seconds. */
const clockTolerance = 30

/** The latest expiry of an assertion, in seconds from now. It is made for one request, and remembered until it expires. */
const longestLifetime = 600

const longestAssertion = 16 * 1024
const longestJti = 1024

/** The accepted values of `typ`. */
const types: ReadonlySet<unknown> = new Set([undefined, 'jwt', 'client-authentication+jwt'])

const algorithms: ReadonlySet<string> = new Set(asymmetricAlgorithms)

/**
 * Verifies a client's assertion: every rule that needs no key first, and the signature last. Does **not** check whether
 * it was used before.
 *
 * @throws `temporarily_unavailable` if the client's keys cannot be fetched.
 * @see [RFC 7523 section 3](https://www.rfc-editor.org/rfc/rfc7523.html#section-3)
 */
export async function verifyClientAssertion(
  server: AssertionContext,
  assertion: string,
  record: ClientRecord,
  strictAudience: boolean,
): Promise<VerifiedAssertion | RejectedAssertion> {
  const decoded = assertion.length > longestAssertion ? undefined : decodeJws(assertion)
  if (decoded === undefined) return { rejected: 'assertion_malformed' }
  const { header, claims } = decoded
  const rejected = checkHeader(header, record) ?? checkClaims(server, claims, record, strictAudience)
  if (rejected !== undefined) return { rejected }

  const isSigned = await isSignedBy(server, record, header, assertion)
  if (isSigned === 'ambiguous') return { rejected: 'assertion_key_ambiguous' }
  if (!isSigned) return { rejected: 'assertion_signature', isUncertain: isSigned === undefined }
  // Their types were checked above.
  const { jti, exp } = claims as { jti: string; exp: number }
  // Twice the tolerance: a process whose clock is ahead computes the record's lifetime by its own clock.
  return { jti, usableUntil: exp + 2 * clockTolerance }
}

async function isSignedBy(
  { clientKeys }: AssertionContext,
  record: ClientRecord,
  header: JwtHeader,
  assertion: string,
): Promise<boolean | undefined | 'ambiguous'> {
  try {
    return await clientKeys.isSignedBy(record, header, assertion)
  } catch (error) {
    if (error instanceof TooManyCandidates) return 'ambiguous'
    throw error
  }
}

function checkHeader(header: JwtHeader, { client }: ClientRecord): AssertionRejection | undefined {
  const { token_endpoint_auth_signing_alg: registered = header.alg } = client
  if (!algorithms.has(header.alg) || header.alg !== registered) return 'assertion_algorithm'
  if (header.crit !== undefined) return 'assertion_critical_header'
  return types.has(typOf(header)) ? undefined : 'assertion_type'
}

const rejectionOfTime = {
  expired: 'assertion_expired',
  not_yet_valid: 'assertion_not_yet_valid',
  issued_in_the_future: 'assertion_issued_in_the_future',
} as const satisfies Record<TimeRejection, AssertionRejection>

function checkClaims(
  server: AssertionContext,
  claims: JWTPayload,
  { client }: ClientRecord,
  strictAudience: boolean,
): AssertionRejection | undefined {
  const { iss, sub, aud, exp, nbf, iat, jti } = claims as Record<string, unknown>
  if (iss !== client.client_id || sub !== client.client_id) return 'assertion_subject'
  if (!isForThisServer(server, aud, strictAudience)) return 'assertion_audience'
  const now = server.now()
  const wrongTime = checkTimes({ exp, nbf, iat }, now, clockTolerance)
  if (wrongTime !== undefined) return rejectionOfTime[wrongTime]
  if (Number(exp) > now + longestLifetime + clockTolerance) return 'assertion_lifetime'
  return typeof jti === 'string' && jti !== '' && jti.length <= longestJti ? undefined : 'assertion_jti'
}

/**
 * Whether an assertion is for this server: its audience is the issuer or the token endpoint, and nothing else. One server
 * of several could use the assertion at another. The slash is what a URL parser adds to an origin.
 *
 * `strictAudience` accepts the issuer alone. A malicious server can publish another server's token endpoint as its own, and
 * is then sent assertions for that; no client believes that it is the other issuer.
 */
function isForThisServer(
  { issuer, urls }: Pick<AssertionContext, 'issuer' | 'urls'>,
  aud: unknown,
  strictAudience: boolean,
): boolean {
  const audience: unknown = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud
  if (strictAudience) return audience === issuer
  const accepted: readonly unknown[] = [issuer, urls.token, ...(isOrigin(issuer) ? [`${issuer}/`] : [])]
  return accepted.includes(audience)
}

function isOrigin(issuer: string): boolean {
  return /^https?:\/\/[^/]+$/i.test(issuer)
}
