import type { JWK } from 'jose'
import { decode } from 'jose/base64url'

/** The smallest RSA key that is accepted, in bits (RFC 7518 sections 3.3 and 3.5). */
export const fewestRsaBits = 2048

/** The largest RSA key of an unapproved client, in bits: the cost of a verification grows with its square. */
export const mostRsaBits = 4096

/** The largest public exponent of such a key, in bits: the cost grows with it, too. Nearly all keys use 65537. */
export const mostExponentBits = 32

/**
 * Whether an RSA key is too short, or has no readable modulus: its signatures are refused, or can be forged. `false` for keys
 * of other types, whose size is that of their curve.
 */
export function isShortRsaKey({ kty, n }: JWK): boolean {
  return kty === 'RSA' && bitsOf(n) < fewestRsaBits
}

/** Whether an RSA key is so large that verifying forged signatures would be an attack. */
export function isLargeRsaKey({ kty, n, e }: JWK): boolean {
  return kty === 'RSA' && (bitsOf(n) > mostRsaBits || bitsOf(e) > mostExponentBits)
}

/** The bit length of a number in a JWK; 0 for anything else. */
function bitsOf(number: unknown): number {
  let bytes: Uint8Array
  try {
    bytes = decode(String(number))
  } catch {
    return 0
  }
  const first = bytes.findIndex((byte) => byte !== 0)
  // Math.clz32 counts zeros in 32 bits. A byte has the last eight.
  return first === -1 ? 0 : (bytes.length - first) * 8 - (Math.clz32(bytes[first] ?? 0) - 24)
}

/** DER in hexadecimal: `rsaEncryption` (RFC 8017 appendix C), and the rest up to the length of the modulus. */
const length = '(?:[0-7].|81..|82....)'
const rsaModulus = new RegExp(`2a864886f70d010101(?:0500)?03${length}0030${length}02(${length})`)

/** Whether an RSA key in PEM is too short. `false` if it cannot be read: no token verifies with such a key. */
export function isShortRsaPem(pem: string): boolean {
  let hex = ''
  try {
    for (const byte of atob(pem.split('-----')[2] ?? ''))
      hex += byte.charCodeAt(0).toString(16).padStart(2, '0')
  } catch {
    return false
  }
  const bytes = rsaModulus.exec(hex)?.[1]?.replace(/^8[12]/, '')
  // A leading zero precedes a modulus whose first bit is set, so 2048 bits take 257 bytes.
  return bytes !== undefined && Number.parseInt(bytes, 16) <= fewestRsaBits / 8
}
