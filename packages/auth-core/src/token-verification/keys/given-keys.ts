import type { JWK } from 'jose'
import type { Option } from '../../options/option-table.js'
import { fewestRsaBits, isShortRsaKey, isShortRsaPem } from '../jwt/rsa-key.js'
import { isUsableKey } from './key-set.js'

const longRsaKeys = `have RSA keys of ${fewestRsaBits} bits or more`

/** One public key. What is none would refuse every token, and nobody would see why. */
export function publicKeyOption(): Option<never> {
  const must = 'be a public key in PEM (SPKI), a certificate or a JWK'
  return {
    must,
    problem(value) {
      if (typeof value === 'string') {
        const isPem = /^\s*-----BEGIN (?:PUBLIC KEY|CERTIFICATE)-----/.test(value)
        return isPem ? (isShortRsaPem(value) ? longRsaKeys : undefined) : must
      }
      if (!isPublicJwk(value)) return must
      return isShortRsaKey(value) ? longRsaKeys : undefined
    },
  }
}

/** A JWKS document. The tokens of an RSA key that is too short would be refused one by one, and nobody would see why. */
export function jwksOption(): Option<never> {
  const must = 'be a JWKS document with a list of "keys"'
  return {
    must,
    problem(value) {
      const { keys } = (value ?? {}) as { readonly keys?: unknown }
      if (!Array.isArray(keys)) return must
      return keys.some((key) => isUsableKey(key) && isShortRsaKey(key)) ? longRsaKeys : undefined
    },
  }
}

/** As many bytes as a digest of SHA-256 has (RFC 7518 section 3.2). */
const fewestSecretBytes = 32

/** A shared secret. A public key is none: anybody could sign with it. */
export function secretOption(): Option<never> {
  return {
    must: `be a string or bytes, ${fewestSecretBytes} bytes or more`,
    problem(value) {
      const bytes = secretBytes(value)
      if (bytes === undefined) return 'be a string or bytes'
      if (/-----BEGIN|"kty"/.test(new TextDecoder().decode(bytes)))
        return 'not be a public key or a certificate. Use "publicKey"'
      return bytes.byteLength < fewestSecretBytes ? `have at least ${fewestSecretBytes} bytes` : undefined
    },
  }
}

export function secretBytes(secret: string | Uint8Array): Uint8Array
export function secretBytes(secret: unknown): Uint8Array | undefined
export function secretBytes(secret: unknown): Uint8Array | undefined {
  if (secret instanceof Uint8Array) return secret
  return typeof secret === 'string' ? new TextEncoder().encode(secret) : undefined
}

function isPublicJwk(value: unknown): value is JWK {
  const { kty, d } = (value ?? {}) as Partial<JWK>
  return (kty === 'RSA' || kty === 'EC' || kty === 'OKP') && d === undefined
}
