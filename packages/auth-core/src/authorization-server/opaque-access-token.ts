import type { JWTPayload } from 'jose'
import { randomToken } from '../crypto.js'
import type { JwtRejection, VerifiedJwt } from '../token-verification/jwt.js'
import { isAudience } from '../token-verification/recipient.js'
import type { AuthorizationServer } from './authorization-server.js'

/** The claims of an access token of ours, whatever it looks like. */
export type AccessTokenClaims = JWTPayload & { readonly exp: number }

/** What `randomToken` makes. Anything else is refused without a question to the store. */
const tokenShape = /^[\w-]{43}$/

/** An access token that says nothing: what a JWT would carry is kept in the store, under the digest of the token. */
export async function issueOpaqueToken(
  { records }: AuthorizationServer,
  claims: AccessTokenClaims,
): Promise<string> {
  const token = randomToken()
  await records.accessTokens.save(token, claims, claims.exp)
  return token
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
