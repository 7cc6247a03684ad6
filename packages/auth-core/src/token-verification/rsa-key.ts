import type { JWK } from 'jose'
import { decode } from 'jose/base64url'

/** The least that an RSA key must have, in bits (RFC 7518 sections 3.3 and 3.5). */
export const fewestRsaBits = 2048

/**
 * Whether a key is of RSA and too short, or has no modulus that can be read: signatures of it are refused, or can be made by
 * others. Other keys have the size of their curve.
 */
export function isShortRsaKey({ kty, n }: JWK): boolean {
  return kty === 'RSA' && modulusBits(n) < fewestRsaBits
}

function modulusBits(n: unknown): number {
  let bytes: Uint8Array
  try {
    bytes = decode(String(n))
  } catch {
    return 0
  }
  const first = bytes.findIndex((byte) => byte !== 0)
  // Math.clz32 counts in 32 bits, of which a byte has the last eight.
  return first === -1 ? 0 : (bytes.length - first) * 8 - (Math.clz32(bytes[first] ?? 0) - 24)
}
