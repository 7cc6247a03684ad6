import { constantTimeEqual, hmacSha256, randomToken, sha256 } from '../../runtime/crypto.js'
import type { RefreshState } from '../records/stored-records.js'

/**
 * A refresh token has two secrets. The first is the same in all refresh tokens of a family and identifies it. The second
 * works once.
 *
 * So one record recognizes every refresh token of a family, rotated or current, and holds only digests.
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
 * Derives the refresh token that follows another one from that token and a nonce. A repeated request gets the same one.
 * Neither a client nor a reader of the store can derive it alone.
 */
export async function nextRefreshToken(token: string, nonce: string): Promise<string> {
  return `${token.slice(0, token.indexOf('.'))}.${await hmacSha256(nonce, token)}`
}

/** What the use of a refresh token of the family means. */
export type RefreshUse =
  | { readonly kind: 'first' }
  /** The response was probably lost: `nonce` derives the successor again. */
  | { readonly kind: 'repeated'; readonly nonce: string }
  | { readonly kind: 'expired' }
  | { readonly kind: 'reused' }

/** @param grace Seconds in which a repeated use counts as a repeated request, unless its successor was used. */
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
