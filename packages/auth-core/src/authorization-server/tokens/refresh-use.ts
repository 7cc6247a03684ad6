import { constantTimeEqual, hmacSha256, randomToken, sha256 } from '../../runtime/crypto.js'
import type { RefreshState } from '../records/stored-records.js'

/**
 * A refresh token consists of two secrets. The first identifies the family and is the same in all its refresh tokens. The
 * second is valid once.
 *
 * One record with digests alone therefore recognizes every refresh token of a family, rotated or current.
 */
const tokenShape = /^([\w-]{22})\.[\w-]{43}$/

/** Makes the first refresh token of a new family. */
export async function newRefreshToken(): Promise<{ readonly familyId: string; readonly token: string }> {
  const familySecret = randomToken(16)
  return { familyId: await sha256(familySecret), token: `${familySecret}.${randomToken()}` }
}

/** Returns the ID of the family that a refresh token names; `undefined` if it is not a refresh token. */
export async function familyOfRefreshToken(token: string): Promise<string | undefined> {
  const familySecret = tokenShape.exec(token)?.[1]
  return familySecret === undefined ? undefined : sha256(familySecret)
}

/**
 * Derives the next refresh token from the current one and a nonce. A repeated request gets the same token. The client
 * lacks the nonce, and a reader of the store lacks the current token.
 */
export async function nextRefreshToken(token: string, nonce: string): Promise<string> {
  return `${token.slice(0, token.indexOf('.'))}.${await hmacSha256(nonce, token)}`
}

/** How a refresh token of the family was used. */
export type RefreshUse =
  | { readonly kind: 'first' }
  /** The response was probably lost: `nonce` derives the successor again. */
  | { readonly kind: 'repeated'; readonly nonce: string }
  | { readonly kind: 'expired' }
  | { readonly kind: 'reused' }

/**
 * Returns how a refresh token of the family was used.
 *
 * @param grace Seconds in which a second use counts as a repeated request, unless the successor was used.
 */
export function refreshUse(
  state: RefreshState,
  digest: string,
  { now, grace }: { readonly now: number; readonly grace: number },
): RefreshUse {
  const { rotation } = state
  const isCurrent = constantTimeEqual(digest, state.digest)
  const isRepeated =
    rotation !== undefined && constantTimeEqual(digest, rotation.from) && now < rotation.at + grace
  if (!isCurrent && !isRepeated) return { kind: 'reused' }
  if (state.expiresAt <= now) return { kind: 'expired' }
  return isRepeated ? { kind: 'repeated', nonce: rotation.nonce } : { kind: 'first' }
}
