import type { CryptoKey, JWTPayload, KeyObject, ProtectedHeaderParameters } from 'jose'
import { decodeProtectedHeader } from 'jose/decode/protected_header'
import { compactVerify } from 'jose/jws/compact/verify'
import { decodeJwt } from 'jose/jwt/decode'
import type { EventListener } from '../../events/auth-event.js'

/** Anything that jose verifies a signature with. */
export type VerificationKey = CryptoKey | KeyObject | Uint8Array

/** Finds the keys that may have signed a token. Rejects when it could not find out. */
export interface KeySource {
  /** Makes sure that there are keys, where they have to be found first. Rejects when it could not find out. */
  ready?(emit?: EventListener): Promise<void>
  /**
   * @param emit Told if the keys cannot be fetched. Of those who wait for one fetch, it is whoever began it.
   * @param mayUse Says of a key that names an issuer whether it may have signed the token. Default: each may.
   */
  find(
    header: JwtHeader,
    emit?: EventListener,
    mayUse?: (keyIssuer: string) => boolean,
  ): Promise<readonly VerificationKey[]>
  /**
   * Until when what the keys of now have signed may be believed without asking for them again, in seconds since the
   * epoch.
   */
  trustedUntil?(): number
}

export type JwtHeader = ProtectedHeaderParameters & { readonly alg: string }

/** What a signed JWT says, without a look at its signature; `undefined` for what is not one. */
export function decodeJws(token: string): { header: JwtHeader; claims: JWTPayload } | undefined {
  if (token.split('.').length !== 3) return undefined
  try {
    const header = decodeProtectedHeader(token)
    return typeof header.alg === 'string'
      ? { header: header as JwtHeader, claims: decodeJwt(token) }
      : undefined
  } catch {
    return undefined
  }
}

/** Whether one of the keys made the signature, with the algorithm that the header names. */
export async function isSignedByOneOf(
  keys: readonly VerificationKey[],
  token: string,
  algorithm: string,
): Promise<boolean> {
  for (const key of keys) if (await isSignedBy(key, token, algorithm)) return true
  return false
}

async function isSignedBy(key: VerificationKey, token: string, algorithm: string): Promise<boolean> {
  try {
    await compactVerify(token, key, { algorithms: [algorithm] })
    return true
  } catch {
    return false
  }
}

/** Media types are compared without case and, in `typ`, without `application/` (RFC 7515 section 4.1.9). */
export function typOf({ typ }: JwtHeader): unknown {
  return typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : typ
}
