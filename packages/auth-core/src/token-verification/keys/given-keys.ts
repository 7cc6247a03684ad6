import type { JSONWebKeySet, JWK } from 'jose'
import type { Option } from '../../options/option-table.js'
import { fewestRsaBits, isShortRsaKey, isShortRsaPem } from '../jwt/rsa-key.js'
import { isJwks, isUsableKey, mustBeJwks } from './key-set.js'

/** The source of the keys: at most one of these. Default: discovered from the issuer. */
export type JWTVerifierKeys =
  | {
      readonly publicKey: string | JWK
      readonly jwks?: never
      readonly jwksUri?: never
      readonly secret?: never
    }
  | {
      readonly jwks: JSONWebKeySet
      readonly publicKey?: never
      readonly jwksUri?: never
      readonly secret?: never
    }
  | { readonly jwksUri: string; readonly publicKey?: never; readonly jwks?: never; readonly secret?: never }
  | {
      readonly secret: string | Uint8Array
      readonly publicKey?: never
      readonly jwks?: never
      readonly jwksUri?: never
    }
  | { readonly publicKey?: never; readonly jwks?: never; readonly jwksUri?: never; readonly secret?: never }

/** One public key. With anything else, every token would be refused, and nobody would see why. */
export function publicKeyOption(): Option<never> {
  return keyOption('be a public key in PEM (SPKI), a certificate or a JWK', (value) => {
    if (typeof value !== 'string') return isPublicJwk(value) ? isShortRsaKey(value) : undefined
    const isPem = /^\s*-----BEGIN (?:PUBLIC KEY|CERTIFICATE)-----/.test(value)
    return isPem ? isShortRsaPem(value) : undefined
  })
}

/** A JWKS document. The tokens of an RSA key that is too short would be refused one by one, and nobody would see why. */
export function jwksOption(): Option<never> {
  return keyOption(mustBeJwks, (value) =>
    isJwks(value) ? value.keys.some((key) => isUsableKey(key) && isShortRsaKey(key)) : undefined,
  )
}

/** @param isShort Whether RSA keys in a value are too short; `undefined` for anything but keys. */
function keyOption(must: string, isShort: (value: unknown) => boolean | undefined): Option<never> {
  const problem = (value: unknown) => {
    const found = isShort(value)
    return found === true
      ? `have RSA keys of ${fewestRsaBits} bits or more`
      : found === false
        ? undefined
        : must
  }
  return { problem }
}

/** The length of a SHA-256 digest (RFC 7518 section 3.2). */
const fewestSecretBytes = 32

/** A shared secret. With a public key in its place, anybody could sign. */
export function secretOption(): Option<never> {
  return {
    problem(value) {
      const bytes = secretBytes(value)
      if (/-----BEGIN|"kty"/.test(new TextDecoder().decode(bytes)))
        return 'not be a public key or a certificate. Use "publicKey"'
      return bytes !== undefined && bytes.byteLength >= fewestSecretBytes
        ? undefined
        : `have at least ${fewestSecretBytes} bytes`
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
