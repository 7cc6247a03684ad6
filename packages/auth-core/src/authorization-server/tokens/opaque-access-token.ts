import { unavailable } from '../../oauth/oauth-error.js'
import { hmacSha256, randomToken } from '../../runtime/crypto.js'
import type { JwtRejection, VerifiedJwt } from '../../token-verification/jwt/access-token-rules.js'
import { isAudience } from '../../token-verification/jwt/audience.js'
import type { Records } from '../records/records.js'
import type { AccessTokenClaims, OpaqueTokenReference } from '../records/stored-records.js'

/** The shape of a `randomToken`. Other tokens are refused without reading the store. */
const tokenShape = /^[\w-]{43}$/

/** An opaque access token, and what its family keeps of it. */
export interface IssuedOpaqueToken extends OpaqueTokenReference {
  readonly token: string
  /** Whether this call created it. */
  readonly isNew: boolean
}

/** Where the claims of opaque access tokens are. An `AuthorizationServer` has them. */
export interface OpaqueTokenStorage {
  readonly records: Pick<Records, 'accessTokens'>
}

/**
 * What the opaque access token of a refresh is derived from. A repeated refresh derives the same token, and stores no
 * other. Deriving it needs both parts.
 */
export interface OpaqueTokenSeed {
  readonly refreshToken: string
  readonly nonce: string
}

/**
 * Issues an access token without content. The claims are in the store, under the digest of the token.
 *
 * @param seed Default: the token is random.
 */
export async function issueOpaqueToken(
  { records }: OpaqueTokenStorage,
  claims: AccessTokenClaims,
  seed?: OpaqueTokenSeed,
): Promise<IssuedOpaqueToken> {
  const { accessTokens } = records
  const token = seed === undefined ? randomToken() : await tokenOf(seed, claims)
  const reference = await accessTokens.reference(token)
  if (await accessTokens.add(token, claims, claims.exp))
    return { token, reference, expiresAt: claims.exp, isNew: true }
  const found = await accessTokens.find(token)
  // It expired between the two calls.
  if (found === undefined) throw unavailable('store_contended')
  return { token, reference, expiresAt: found.value.exp, isNew: false }
}

/** Never equals the next refresh token, which is the HMAC of the refresh token alone under the same nonce. */
function tokenOf(
  { refreshToken, nonce }: OpaqueTokenSeed,
  { aud, scope }: AccessTokenClaims,
): Promise<string> {
  return hmacSha256(nonce, JSON.stringify(['access', refreshToken, aud, scope]))
}

/**
 * How many opaque access tokens a family keeps besides two for each resource. A client with several windows may request
 * different scopes in each.
 */
const spare = 8

/**
 * Adds an opaque access token to those of a family. Displaces the oldest ones beyond the limit, so that endless refreshes
 * do not fill the store.
 */
export function withOpaqueToken(
  before: readonly OpaqueTokenReference[],
  { reference, expiresAt }: OpaqueTokenReference,
  { resources, now }: { readonly resources: number; readonly now: number },
): { readonly kept: readonly OpaqueTokenReference[]; readonly displaced: readonly string[] } {
  const others = before.filter((one) => one.expiresAt > now && one.reference !== reference)
  const all = [...others, { reference, expiresAt }]
  const tooMany = Math.max(0, all.length - spare - 2 * resources)
  return { kept: all.slice(tooMany), displaced: all.slice(0, tooMany).map((one) => one.reference) }
}

/** Removes opaque access tokens. If the store fails, they stay until they expire, and an event reports the failure. */
export async function deleteOpaqueTokens(
  { records }: OpaqueTokenStorage,
  references: readonly string[],
): Promise<void> {
  await Promise.all(references.map((one) => records.accessTokens.deleteReferenced(one).catch(() => {})))
}

/** Whether a token has the shape of an opaque access token. */
export function looksOpaque(token: string): boolean {
  return tokenShape.test(token)
}

/**
 * Verifies an opaque access token. Does **not** check whether its grant was revoked.
 *
 * @throws `OAuthError` with the status 503 when the store is down.
 */
export async function findOpaqueToken(
  { records }: OpaqueTokenStorage,
  token: string,
  resources: readonly string[],
): Promise<VerifiedJwt | JwtRejection> {
  const claims = (await records.accessTokens.find(token))?.value
  if (claims === undefined) return { rejected: 'unknown' }
  return isAudience(claims.aud, resources) ? { claims } : { rejected: 'audience' }
}
