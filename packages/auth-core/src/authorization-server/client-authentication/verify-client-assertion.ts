import type { JWTPayload } from 'jose'
import type { AssertionRejection, TimeRejection } from '../../oauth/reasons.js'
import { checkTimes } from '../../token-verification/jwt/access-token-rules.js'
import { asymmetricAlgorithms } from '../../token-verification/jwt/algorithms.js'
import { decodeJws, type JwtHeader, typOf } from '../../token-verification/jwt/jws.js'
import type { ClientRecord } from '../clients/client.js'
import type { AuthorizationServer } from '../server/authorization-server.js'
import { TooManyCandidates } from './client-jwks-source.js'

/** An assertion that proves who the client is, and what makes it the only one of its kind. */
export interface VerifiedAssertion {
  readonly rejected?: undefined
  readonly jti: string
  /** Until when nobody takes it for good, in seconds since the epoch: so long it must be remembered. */
  readonly usableUntil: number
}

export interface RejectedAssertion {
  readonly rejected: AssertionRejection
  /** Whether it may be good by what the client publishes now, which nobody can tell for the moment. */
  readonly isUncertain?: boolean
}

/** Seconds that the clocks of a client and of this server may differ. */
const clockTolerance = 30

/** From now to the end of an assertion, in seconds. It is made for one request, and remembered until it ends. */
const longestLifetime = 600

const longestAssertion = 16 * 1024
const longestJti = 1024

/** The kinds of JWT that an assertion may say it is: nothing in particular, or what it is. */
const types: ReadonlySet<unknown> = new Set([undefined, 'jwt', 'client-authentication+jwt'])

const algorithms: ReadonlySet<string> = new Set(asymmetricAlgorithms)

/**
 * Verifies a client's assertion: every rule that needs no key first, and the signature last. Does **not** look whether
 * it was used before.
 *
 * @throws `temporarily_unavailable` when the client's keys could not be found out.
 * @see [RFC 7523 section 3](https://www.rfc-editor.org/rfc/rfc7523.html#section-3)
 */
export async function verifyClientAssertion(
  server: AuthorizationServer,
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
  // Of the right types, or they would not have passed.
  const { jti, exp } = claims as { jti: string; exp: number }
  // Twice, because a process whose clock is ahead tells a store of its own time how long to remember.
  return { jti, usableUntil: exp + 2 * clockTolerance }
}

async function isSignedBy(
  { clientKeys }: AuthorizationServer,
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

const ofTimes = {
  expired: 'assertion_expired',
  not_yet_valid: 'assertion_not_yet_valid',
  issued_in_the_future: 'assertion_issued_in_the_future',
} as const satisfies Record<TimeRejection, AssertionRejection>

function checkClaims(
  server: AuthorizationServer,
  claims: JWTPayload,
  { client }: ClientRecord,
  strictAudience: boolean,
): AssertionRejection | undefined {
  const { iss, sub, aud, exp, nbf, iat, jti } = claims as Record<string, unknown>
  if (iss !== client.client_id || sub !== client.client_id) return 'assertion_subject'
  if (!isForThisServer(server, aud, strictAudience)) return 'assertion_audience'
  const now = server.now()
  const wrongTime = checkTimes({ exp, nbf, iat }, now, clockTolerance)
  if (wrongTime !== undefined) return ofTimes[wrongTime]
  if (Number(exp) > now + longestLifetime + clockTolerance) return 'assertion_lifetime'
  return typeof jti === 'string' && jti !== '' && jti.length <= longestJti ? undefined : 'assertion_jti'
}

/**
 * The issuer or the token endpoint, and nothing beside it: an assertion for two servers could be used by one of them at
 * the other. The slash is what a URL parser adds to an origin.
 *
 * Strictly, the issuer alone: a server that calls another's token endpoint its own can have assertions signed for that
 * and sent to itself, but no client believes it that it is another issuer.
 */
function isForThisServer(
  { issuer, urls }: Pick<AuthorizationServer, 'issuer' | 'urls'>,
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
