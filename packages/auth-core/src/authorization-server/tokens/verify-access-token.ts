import type { JWTPayload } from 'jose'
import type { EndedToken } from '../../contract/auth-provider-like.js'
import type { TokenRejection } from '../../oauth/reasons.js'
import { type Clock, isDuring } from '../../runtime/clock.js'
import { exactIssuers } from '../../token-verification/jwt/accepted-issuers.js'
import {
  type JwtRejection,
  type JwtRules,
  saysWhenItEnded,
  type VerifiedJwt,
  verifyJwt,
} from '../../token-verification/jwt/access-token-rules.js'
import { freezeClaims } from '../../token-verification/jwt/freeze-claims.js'
import { decodeJws } from '../../token-verification/jwt/jws.js'
import { scopesOfClaims } from '../../token-verification/jwt/scope-claims.js'
import type { VerifiedTokens } from '../../token-verification/verified-tokens.js'
import type { Records } from '../records/records.js'
import type { TokenFamily } from '../records/stored-records.js'
import type { SigningKeys } from '../signing/signing-key.js'
import { signingAlgorithms } from '../signing/signing-key.js'
import { familyClaim } from './issue-access-token.js'
import { findOpaqueToken, looksOpaque } from './opaque-access-token.js'
import type { RecentRevocations } from './recent-revocations.js'
import { type AuthorizationOwner, currentMarks, isMarkedRevoked, ownerIds } from './revocation-marks.js'

/** A valid access token of this server: signed, current, and not revoked. */
export interface VerifiedAccessToken {
  readonly familyId: string
  readonly clientId: string
  readonly subject: string
  readonly scopes: readonly string[]
  readonly resource: string
  readonly issuedAt: number
  readonly expiresAt: number
  readonly jti: string
  readonly claims: Readonly<Record<string, unknown>>
}

/** An access token that was verified earlier. */
export interface CachedAccessToken extends VerifiedAccessToken {
  /** When the store last showed that it was not revoked. */
  readonly checkedAt: number
}

/** What decides whether a cached token is still valid. An `AuthorizationServer` is one. */
export interface AccessTokenCache {
  readonly verifiedTokens: VerifiedTokens<CachedAccessToken>
  readonly recentRevocations: RecentRevocations
  readonly revocationLag: number
  readonly now: Clock
}

/** The members of `AuthorizationServer` that verifying access tokens needs. */
export interface AccessTokenVerification {
  readonly issuer: string
  readonly accessTokenFormat: 'jwt' | 'opaque'
  readonly records: Pick<Records, 'families' | 'accessTokens' | 'revocationMarks'>
  readonly signingKeys: SigningKeys
  readonly staticClients: { has(clientId: string): boolean }
  readonly now: Clock
}

/**
 * Returns a cached token if it is still valid: it has not expired, this process has not revoked it, and the store was read
 * less than `revocationLag` seconds ago.
 */
export function cachedAccessToken(
  server: AccessTokenCache,
  token: string,
  resource: string,
): VerifiedAccessToken | undefined {
  const cached = server.verifiedTokens.find(token, resource)
  return cached !== undefined && isStillValid(server, cached) ? cached : undefined
}

function isStillValid(server: AccessTokenCache, token: CachedAccessToken): boolean {
  const now = server.now()
  const { checkedAt, expiresAt } = token
  if (!isDuring(now, checkedAt, Math.min(expiresAt, checkedAt + server.revocationLag))) return false
  return !server.recentRevocations.hasAny(() => [token.familyId, ...ownerIds(token)])
}

/** Claims that every access token of this server has (RFC 9068 section 2.2). */
const requiredClaims = ['sub', 'client_id', 'iat', 'jti', familyClaim]

/**
 * Verifies an access token of this server for one of the resources. Returns the token, or why it is invalid.
 *
 * @throws `OAuthError` with the status 503 when the store is down.
 */
export async function verifyAccessToken(
  server: AccessTokenVerification,
  token: string,
  resources: readonly string[],
): Promise<
  | { readonly verified: VerifiedAccessToken; readonly rejected?: undefined }
  | { readonly verified?: undefined; readonly rejected: TokenRejection }
> {
  const { claims, rejected } = await readAccessToken(server, token, resources)
  if (claims === undefined) return { rejected }
  const familyId = String(claims[familyClaim])
  const owner = { subject: String(claims.sub), clientId: String(claims['client_id']) }
  const [family, marks] = await Promise.all([
    server.records.families.find(familyId),
    currentMarks(server, owner),
  ])
  if (family === undefined || isMarkedRevoked(family.value.marks, marks)) return { rejected: 'revoked' }
  // The operator has removed the client from `clients`.
  if (family.value.ofStaticClient === true && !server.staticClients.has(owner.clientId))
    return { rejected: 'client_removed' }
  if (!isOwner(family.value, owner)) return { rejected: 'owner' }
  const verified = {
    familyId,
    ...owner,
    scopes: scopesOfClaims(claims) ?? [],
    resource: String(claims.aud),
    issuedAt: Number(claims.iat),
    expiresAt: claims.exp,
    jti: String(claims.jti),
    claims: freezeClaims(claims),
  }
  return { verified }
}

/** Reads either format: a server that now issues opaque tokens may have issued JWTs before. */
function readAccessToken(
  server: AccessTokenVerification,
  token: string,
  resources: readonly string[],
): Promise<VerifiedJwt | JwtRejection> {
  if (server.accessTokenFormat === 'opaque' && looksOpaque(token))
    return findOpaqueToken(server, token, resources)
  return verifyJwt(token, ownJwtRules(server), { audiences: resources }, server.signingKeys)
}

function ownJwtRules({ issuer, now }: AccessTokenVerification): JwtRules {
  return {
    issuers: exactIssuers([issuer]),
    algorithms: signingAlgorithms,
    typ: 'at+jwt',
    requiredClaims,
    // The clock of another process of this server may be ahead.
    clockTolerance: 30,
    expiryTolerance: 0,
    now,
  }
}

/**
 * Why a token of this server may have ended, and whether its client may ask for its scopes again: not after the client was
 * removed, or for a token that may be forged.
 */
const endings: Readonly<Partial<Record<TokenRejection, { readonly mayAskAgain: boolean }>>> = {
  expired: { mayAskAgain: true },
  revoked: { mayAskAgain: true },
  client_removed: { mayAskAgain: false },
  owner: { mayAskAgain: false },
}

/**
 * Returns the scopes of a refused token that this server issued and that has ended, if the server still supports them.
 * `undefined` if another verifier may accept the token: it is for another resource, or signed with other keys.
 *
 * Never rejects: during an outage, the scopes are left out.
 */
export async function endedAccessToken(
  server: AccessTokenVerification,
  token: string,
  rejected: TokenRejection,
  supported: readonly string[],
): Promise<EndedToken | undefined> {
  const ending = endings[rejected]
  if (ending === undefined || (!looksOpaque(token) && !saysWhenItEnded(token))) return undefined
  if (!ending.mayAskAgain) return {}
  const claims = await readAtIssue(server, token).catch(() => undefined)
  const scopes = claims === undefined ? [] : (scopesOfClaims(claims) ?? [])
  return { scopes: scopes.filter((scope) => supported.includes(scope)) }
}

/**
 * Returns the family ID of an access token of this server, even if the token has expired, its resource is no longer
 * served, or it has the previous format. `undefined` for a token from elsewhere, a JWT whose key was removed, and an
 * expired opaque token.
 *
 * Proves only that this server issued the token, which is enough to revoke it.
 *
 * @throws `OAuthError` with the status 503 when the store or the keys are unavailable.
 */
export async function familyOfAccessToken(
  server: AccessTokenVerification,
  token: string,
): Promise<string | undefined> {
  const claims = await readAtIssue(server, token)
  return claims === undefined ? undefined : String(claims[familyClaim])
}

/** Returns the claims of a token as this server issued it; `undefined` for a token from elsewhere. */
async function readAtIssue(server: AccessTokenVerification, token: string): Promise<JWTPayload | undefined> {
  return looksOpaque(token)
    ? (await server.records.accessTokens.find(token))?.value
    : claimsAtIssue(server, token)
}

/** Verifies a JWT at the time when it was issued, for the resource that it was issued for. */
async function claimsAtIssue(
  server: AccessTokenVerification,
  token: string,
): Promise<JWTPayload | undefined> {
  const { aud, iat } = decodeJws(token)?.claims ?? {}
  if (typeof aud !== 'string' || typeof iat !== 'number') return undefined
  const rules = { ...ownJwtRules(server), now: () => iat }
  return (await verifyJwt(token, rules, { audiences: [aud] }, server.signingKeys)).claims
}

/** Compares the claims with the stored grant: a leaked signing key alone is not enough to forge a token. */
function isOwner(family: TokenFamily, { subject, clientId }: Required<AuthorizationOwner>): boolean {
  return family.subject === subject && family.clientId === clientId
}
