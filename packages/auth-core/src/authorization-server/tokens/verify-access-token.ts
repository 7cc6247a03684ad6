import type { JWTPayload } from 'jose'
import type { EndedToken } from '../../contract/auth-provider-like.js'
import type { TokenRejection } from '../../oauth/reasons.js'
import { isDuring } from '../../runtime/clock.js'
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
import type { TokenFamily } from '../records/stored-records.js'
import type { AuthorizationServer } from '../server/authorization-server.js'
import { signingAlgorithms } from '../signing/signing-key.js'
import { familyClaim } from './issue-access-token.js'
import { findOpaqueToken, looksOpaque } from './opaque-access-token.js'
import { type AuthorizationOwner, currentMarks, isMarkedRevoked, ownerIds } from './revocation-marks.js'

/** An access token of this server that is good now: signed, current, and not revoked. */
export interface OwnAccessToken {
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

/** A token that was verified before. */
export interface RememberedToken extends OwnAccessToken {
  /** When the store last said that it was not revoked. */
  readonly checkedAt: number
}

export type RememberedTokens = VerifiedTokens<RememberedToken>

/**
 * What was found out about a token a moment ago, if that still holds: it has not expired, this process has not
 * revoked it, and the store was asked less than `revocationLag` seconds ago.
 */
export function recallOwnAccessToken(
  server: AuthorizationServer,
  token: string,
  resource: string,
): OwnAccessToken | undefined {
  const known = server.verifiedTokens.find(token, resource)
  return known !== undefined && isStillGood(server, known) ? known : undefined
}

function isStillGood(server: AuthorizationServer, token: RememberedToken): boolean {
  const now = server.now()
  const { checkedAt, expiresAt } = token
  if (!isDuring(now, checkedAt, Math.min(expiresAt, checkedAt + server.revocationLag))) return false
  return !server.recentRevocations.hasAny(() => [token.familyId, ...ownerIds(token)])
}

/** Every claim that the issuer writes (RFC 9068 section 2.2): a token without one is not one of ours. */
const requiredClaims = ['sub', 'client_id', 'iat', 'jti', familyClaim]

/**
 * Verifies an access token that this server issued, for one of the resources that are named. Answers what it says, or
 * why it is no good.
 *
 * @throws when the store cannot say whether the token was revoked.
 */
export async function verifyOwnAccessToken(
  server: AuthorizationServer,
  token: string,
  resources: readonly string[],
): Promise<
  | { readonly verified: OwnAccessToken; readonly rejected?: undefined }
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
  // Named by the options of then, and not by those of now.
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

/** In whichever format: a server that issues opaque tokens now may have issued JWTs a moment ago. */
function readAccessToken(
  server: AuthorizationServer,
  token: string,
  resources: readonly string[],
): Promise<VerifiedJwt | JwtRejection> {
  if (server.accessTokenFormat === 'opaque' && looksOpaque(token))
    return findOpaqueToken(server, token, resources)
  return verifyJwt(token, ownJwtRules(server), { audiences: resources }, server.signingKeys)
}

function ownJwtRules({ issuer, now }: AuthorizationServer): JwtRules {
  return {
    issuers: exactIssuers([issuer]),
    algorithms: signingAlgorithms,
    typ: 'at+jwt',
    requiredClaims,
    // Another process of this server may have issued it, with a clock that is ahead.
    clockTolerance: 30,
    expiryTolerance: 0,
    now,
  }
}

/**
 * Why a token of this server can have ended, and whether what it could do is worth asking for again: not if somebody else
 * may have made it, or its client is gone.
 */
const endings: Readonly<Partial<Record<TokenRejection, { readonly mayBeAskedFor: boolean }>>> = {
  expired: { mayBeAskedFor: true },
  revoked: { mayBeAskedFor: true },
  client_removed: { mayBeAskedFor: false },
  owner: { mayBeAskedFor: false },
}

/**
 * What is left of a refused token, if this server issued it and it has ended: the scopes that it had and that there still
 * are. `undefined` for what another verifier may accept: a token for another resource, or one signed with other keys.
 *
 * Never rejects: an outage leaves the scopes out.
 */
export async function endedAccessToken(
  server: AuthorizationServer,
  token: string,
  rejected: TokenRejection,
  supported: readonly string[],
): Promise<EndedToken | undefined> {
  const ending = endings[rejected]
  if (ending === undefined || (!looksOpaque(token) && !saysWhenItEnded(token))) return undefined
  if (!ending.mayBeAskedFor) return {}
  const claims = await readAtIssue(server, token).catch(() => undefined)
  const scopes = claims === undefined ? [] : (scopesOfClaims(claims) ?? [])
  return { scopes: scopes.filter((scope) => supported.includes(scope)) }
}

/**
 * The id of the family that an access token of this server is of, also of one that is not good any more: that has
 * expired, whose resource is not served any more, or that has the format of before. `undefined` for what was not issued
 * here, for a JWT whose key is gone, and for an opaque one that has expired, of which nothing is left.
 *
 * Proves that the server has issued the token, and nothing else: that is enough to revoke it.
 *
 * @throws when the store or the keys cannot say.
 */
export async function familyOfAccessToken(
  server: AuthorizationServer,
  token: string,
): Promise<string | undefined> {
  const claims = await readAtIssue(server, token)
  return claims === undefined ? undefined : String(claims[familyClaim])
}

/** What a token of this server said when it was issued; `undefined` for what was not issued here. */
async function readAtIssue(server: AuthorizationServer, token: string): Promise<JWTPayload | undefined> {
  return looksOpaque(token)
    ? (await server.records.accessTokens.find(token))?.value
    : claimsAtIssue(server, token)
}

/** What a JWT of ours says that was good when it was issued, for what it was issued for. */
async function claimsAtIssue(server: AuthorizationServer, token: string): Promise<JWTPayload | undefined> {
  const { aud, iat } = decodeJws(token)?.claims ?? {}
  if (typeof aud !== 'string' || typeof iat !== 'number') return undefined
  const rules = { ...ownJwtRules(server), now: () => iat }
  return (await verifyJwt(token, rules, { audiences: [aud] }, server.signingKeys)).claims
}

/** What is signed is true; but who got hold of the key must know more than that to make a token. */
function isOwner(family: TokenFamily, { subject, clientId }: Required<AuthorizationOwner>): boolean {
  return family.subject === subject && family.clientId === clientId
}
