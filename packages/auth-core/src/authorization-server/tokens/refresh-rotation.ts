import { constantTimeEqual, hmacSha256, randomToken, sha256 } from '../../runtime/crypto.js'
import type { RefreshState } from '../records/stored-records.js'

/**
 * A refresh token is two secrets. The first is the same in all refresh tokens of a family, and finds it: whoever has
 * it has, or had, a token of the family. The second is good once.
 *
 * So one record knows all refresh tokens of a family, those that were rotated away and the one that is good, and it
 * holds nothing but digests of them.
 */
const tokenShape = /^([\w-]{22})\.[\w-]{43}$/

/** The first refresh token of a new family. */
export async function newRefreshToken(): Promise<{ readonly familyId: string; readonly token: string }> {
  const familySecret = randomToken(16)
  return { familyId: await sha256(familySecret), token: `${familySecret}.${randomToken()}` }
}

/** The id of the family that a refresh token says it is of; `undefined` for what is no refresh token. */
export async function familyOfRefreshToken(token: string): Promise<string | undefined> {
  const familySecret = tokenShape.exec(token)?.[1]
  return familySecret === undefined ? undefined : sha256(familySecret)
}

/**
 * The refresh token that follows another one. It is made of it and of a nonce, so that a repeated request can be
 * given it again, and nobody can be given it who has only one of the two: not a client, and not who reads the store.
 */
export async function nextRefreshToken(token: string, nonce: string): Promise<string> {
  return `${token.slice(0, token.indexOf('.'))}.${await hmacSha256(nonce, token)}`
}

/** What the use of a refresh token means, given that it belongs to the family. */
export type RefreshUse =
  | { readonly kind: 'first' }
  /** The answer was probably lost: `nonce` makes it again. */
  | { readonly kind: 'repeated'; readonly nonce: string }
  | { readonly kind: 'expired' }
  | { readonly kind: 'reused' }

/** @param grace Seconds for which a repeated use is taken for a repeated request, if its successor was not used. */
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
