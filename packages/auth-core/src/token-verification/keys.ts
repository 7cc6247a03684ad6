import type { JSONWebKeySet, JWK } from 'jose'
import { JWKSMultipleMatchingKeys } from 'jose/errors'
import { createLocalJWKSet } from 'jose/jwks/local'
import { importJWK, importSPKI, importX509 } from 'jose/key/import'
import type { JwtHeader, KeySource, VerificationKey } from './jwt.js'

/** One public key in PEM (SPKI or a certificate) or as a JWK. */
export function staticKey(key: string | JWK): KeySource {
  return {
    async find({ alg }) {
      try {
        return [await importKey(key, alg)]
      } catch {
        // The key is of another kind than the token's algorithm: it did not sign the token.
        return []
      }
    },
  }
}

function importKey(key: string | JWK, algorithm: string): Promise<VerificationKey> {
  if (typeof key !== 'string') return importJWK(key, key.alg ?? algorithm)
  return key.includes('-----BEGIN CERTIFICATE-----') ? importX509(key, algorithm) : importSPKI(key, algorithm)
}

/** A secret that issuer and resource server share. */
export function sharedSecret(secret: Uint8Array): KeySource {
  return { find: async () => [secret] }
}

/** The keys of a JWKS document that fit a token. Keys that cannot be used are skipped (RFC 7517 section 5). */
export function keySet(jwks: JSONWebKeySet): KeySource {
  const usable = {
    keys: jwks.keys.filter((key) => typeof key === 'object' && key !== null && key.kty !== 'oct'),
  }
  const findOne = createLocalJWKSet(usable)
  return {
    async find(header: JwtHeader) {
      try {
        return [await findOne(header)]
      } catch (error) {
        // No key fits, or the one that fits is broken, which is as good as not being there.
        return error instanceof JWKSMultipleMatchingKeys ? collect(error) : []
      }
    },
  }
}

async function collect(keys: AsyncIterable<VerificationKey>): Promise<VerificationKey[]> {
  const found: VerificationKey[] = []
  for await (const key of keys) found.push(key)
  return found
}

/** @throws `TypeError` unless it is `{ keys: [...] }`. */
export function checkedJwks(option: string, document: unknown): JSONWebKeySet {
  const { keys } = (document ?? {}) as { keys?: unknown }
  if (!Array.isArray(keys)) throw new TypeError(`"${option}" must be a JWKS document with a list of "keys"`)
  return { keys }
}
