import { unavailable } from '../../oauth/oauth-error.js'
import { hmacSha256, randomToken } from '../../runtime/crypto.js'
import type { JwtRejection, VerifiedJwt } from '../../token-verification/jwt/access-token-rules.js'
import { isAudience } from '../../token-verification/jwt/recipient.js'
import type { AccessTokenClaims, OpaqueTokenReference } from '../records/stored-records.js'
import type { AuthorizationServer } from '../server/authorization-server.js'

/** What `randomToken` makes. Anything else is refused without a question to the store. */
const tokenShape = /^[\w-]{43}$/

/** An opaque access token, and what is kept of it. */
export interface IssuedOpaqueToken extends OpaqueTokenReference {
  readonly token: string
  /** Whether it was made just now. */
  readonly isNew: boolean
}

/**
 * What an opaque access token of a refresh is made of. The same refresh makes the same token, so that a repeated one need
 * not store another; nobody can make it who has only one of the two.
 */
export interface OpaqueTokenSeed {
  readonly refreshToken: string
  readonly nonce: string
}

/**
 * An access token that says nothing: what a JWT would carry is kept in the store, under the digest of the token.
 *
 * @param seed Without it, the token is random.
 */
export async function issueOpaqueToken(
  { records }: AuthorizationServer,
  claims: AccessTokenClaims,
  seed?: OpaqueTokenSeed,
): Promise<IssuedOpaqueToken> {
  const { accessTokens } = records
  const token = seed === undefined ? randomToken() : await tokenOf(seed, claims)
  const reference = await accessTokens.reference(token)
  if (await accessTokens.add(token, claims, claims.exp))
    return { token, reference, expiresAt: claims.exp, isNew: true }
  const found = await accessTokens.find(token)
  // It ends in this moment.
  if (found === undefined) throw unavailable('store_contended')
  return { token, reference, expiresAt: found.value.exp, isNew: false }
}

/** Told apart from the next refresh token, which is made of the same two: that is an HMAC of the refresh token alone. */
function tokenOf(
  { refreshToken, nonce }: OpaqueTokenSeed,
  { aud, scope }: AccessTokenClaims,
): Promise<string> {
  return hmacSha256(nonce, JSON.stringify(['access', refreshToken, aud, scope]))
}

/**
 * How many opaque access tokens a family keeps besides two for each resource: a client with several windows may have asked
 * for different scopes in each.
 */
const spare = 8

/**
 * The opaque access tokens of a family when there is one more, and those that are too many now: the oldest ones. Refreshing
 * without end must not fill the store.
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

/** Removes opaque access tokens. If the store fails, which is told by an event, they stay until they end. */
export async function deleteOpaqueTokens(
  { records }: AuthorizationServer,
  references: readonly string[],
): Promise<void> {
  await Promise.all(references.map((one) => records.accessTokens.deleteReferenced(one).catch(() => {})))
}

export function looksOpaque(token: string): boolean {
  return tokenShape.test(token)
}

/** @throws when the store cannot say. */
export async function findOpaqueToken(
  { records }: AuthorizationServer,
  token: string,
  resources: readonly string[],
): Promise<VerifiedJwt | JwtRejection> {
  const claims = (await records.accessTokens.find(token))?.value
  if (claims === undefined) return { rejected: 'unknown' }
  return isAudience(claims.aud, resources) ? { claims } : { rejected: 'audience' }
}
