import type { CryptoKey, JSONWebKeySet, JWK } from 'jose'
import { calculateJwkThumbprint } from 'jose/jwk/thumbprint'
import { exportJWK } from 'jose/key/export'
import { generateKeyPair } from 'jose/key/generate/keypair'
import { importJWK } from 'jose/key/import'
import type { Collection } from '../storage/collection.js'
import type { KeySource } from '../token-verification/jwt.js'
import { keySet } from '../token-verification/keys.js'

/** ES256: a signature costs a twelfth of one with RS256. */
const algorithm = 'ES256'

/** The id under which all processes of a server find the key. */
const currentKey = 'current'

/** Ten years: the key outlives every token that it signs. */
const keyLifetime = 10 * 365 * 24 * 3600

export interface SigningKey {
  readonly kid: string
  readonly alg: string
  readonly privateKey: CryptoKey
  readonly publicJwk: JWK
  /** Finds the public key, imported once. */
  readonly verification: KeySource
}

/** Finds, as a `KeySource`, the keys that verify what it signs. */
export interface SigningKeys extends KeySource {
  /** The key that signs new tokens. */
  current(): Promise<SigningKey>
  /** The public keys, for the JWKS endpoint. */
  jwks(): Promise<JSONWebKeySet>
}

/**
 * A signing key that is made on first use and kept in the store: processes that share the store agree on one, and
 * a restart keeps it.
 */
export function storedSigningKeys(collection: Collection<JWK>, now: () => number): SigningKeys {
  let pending: Promise<SigningKey> | undefined

  async function load(): Promise<SigningKey> {
    const found = await collection.find(currentKey)
    if (found !== undefined) return toSigningKey(found.value)
    const { privateKey } = await generateKeyPair(algorithm, { extractable: true })
    await collection.add(currentKey, await exportJWK(privateKey), now() + keyLifetime)
    // Another process may have been faster: whatever is stored now is the key.
    const stored = await collection.find(currentKey)
    if (stored === undefined) throw new Error('the store did not keep the signing key')
    return toSigningKey(stored.value)
  }

  async function current(): Promise<SigningKey> {
    pending ??= load()
    try {
      return await pending
    } catch (error) {
      pending = undefined
      throw error
    }
  }

  return {
    current,
    jwks: async () => ({ keys: [(await current()).publicJwk] }),
    find: async (header) => (await current()).verification.find(header),
  }
}

async function toSigningKey(jwk: JWK): Promise<SigningKey> {
  const kid = await calculateJwkThumbprint(jwk)
  const { kty, crv, x, y } = jwk
  const publicJwk = { kty, crv, x, y, kid, alg: algorithm, use: 'sig' } as JWK
  return {
    kid,
    alg: algorithm,
    privateKey: (await importJWK(jwk, algorithm)) as CryptoKey,
    publicJwk,
    verification: keySet({ keys: [publicJwk] }),
  }
}
