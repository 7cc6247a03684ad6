import type { CryptoKey, JWTPayload, KeyObject, ProtectedHeaderParameters } from 'jose'
import { decodeProtectedHeader } from 'jose/decode/protected_header'
import { compactVerify } from 'jose/jws/compact/verify'
import { decodeJwt } from 'jose/jwt/decode'
import type { EventListener } from '../../events/auth-event.js'

/** A key that jose accepts for a verification. */
export type VerificationKey = CryptoKey | KeyObject | Uint8Array

/** Finds the keys that may have signed a token. Rejects if it cannot fetch them. */
export interface KeySource {
  /** Fetches the keys if necessary. Rejects if it cannot. */
  ready?(emit?: EventListener): Promise<void>
  /**
   * @param emit Gets an event if the keys cannot be fetched. Only the caller that began a fetch gets it.
   * @param mayUse Whether a key that names an issuer may have signed the token. Default: each key may.
   */
  find(
    header: JwtHeader,
    emit?: EventListener,
    mayUse?: (keyIssuer: string) => boolean,
  ): Promise<readonly VerificationKey[]>
  /**
   * Until when signatures of the current keys may be trusted without fetching the keys again, in seconds since the epoch.
   */
  trustedUntil?(): number
}

export type JwtHeader = ProtectedHeaderParameters & { readonly alg: string }

/** The header and claims of a signed JWT, unverified; `undefined` for anything else. */
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

/** Whether one of the keys made the signature with this algorithm. */
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
