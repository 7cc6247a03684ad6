import type { JWK } from 'jose'
import { decode } from 'jose/base64url'

/** The least that an RSA key must have, in bits (RFC 7518 sections 3.3 and 3.5). */
export const fewestRsaBits = 2048

/** The most that an RSA key of a stranger may have, in bits: what a signature costs grows with the square of it. */
export const mostRsaBits = 4096

/** The same of its public exponent, with which it grows as well. It is 65537 nearly everywhere. */
export const mostExponentBits = 32

/**
 * Whether a key is of RSA and too short, or has no modulus that can be read: signatures of it are refused, or can be made by
 * others. Other keys have the size of their curve.
 */
export function isShortRsaKey({ kty, n }: JWK): boolean {
  return kty === 'RSA' && bitsOf(n) < fewestRsaBits
}

/** Whether a key is of RSA and so large that a wrong signature costs more than anybody should be able to make it cost. */
export function isLargeRsaKey({ kty, n, e }: JWK): boolean {
  return kty === 'RSA' && (bitsOf(n) > mostRsaBits || bitsOf(e) > mostExponentBits)
}

/** The length of a number of a JWK; 0 for what is none. */
function bitsOf(number: unknown): number {
  let bytes: Uint8Array
  try {
    bytes = decode(String(number))
  } catch {
    return 0
  }
  const first = bytes.findIndex((byte) => byte !== 0)
  // Math.clz32 counts in 32 bits, of which a byte has the last eight.
  return first === -1 ? 0 : (bytes.length - first) * 8 - (Math.clz32(bytes[first] ?? 0) - 24)
}

/** In hexadecimal: `rsaEncryption` (RFC 8017 appendix C), and what follows up to the length of the modulus, in DER. */
const length = '(?:[0-7].|81..|82....)'
const rsaModulus = new RegExp(`2a864886f70d010101(?:0500)?03${length}0030${length}02(${length})`)

/** The same of a public key or a certificate in PEM. One that cannot be read is not short: nothing is verified with it. */
export function isShortRsaPem(pem: string): boolean {
  let hex = ''
  try {
    for (const byte of atob(pem.split('-----')[2] ?? ''))
      hex += byte.charCodeAt(0).toString(16).padStart(2, '0')
  } catch {
    return false
  }
  const bytes = rsaModulus.exec(hex)?.[1]?.replace(/^8[12]/, '')
  // A number whose first bit is set has a zero before it, and so has every modulus of exactly so many bits.
  return bytes !== undefined && Number.parseInt(bytes, 16) <= fewestRsaBits / 8
}
