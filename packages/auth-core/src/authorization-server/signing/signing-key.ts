import type { JSONWebKeySet, JWK, JWTPayload } from 'jose'
import { calculateJwkThumbprint } from 'jose/jwk/thumbprint'
import { CompactSign } from 'jose/jws/compact/sign'
import { importJWK } from 'jose/key/import'
import type { KeySource } from '../../token-verification/jwt/jws.js'
import { signJws } from './sign-jws.js'
import { signAtOnceWith } from './sign-sync.js'

const encoder = new TextEncoder()

/** A key that signs access tokens. */
export interface SigningKey {
  /** Signs a JWT. Rejects when the key cannot be used right now. */
  sign(claims: JWTPayload, typ: string): Promise<string>
}

/** The keys of an authorization server. As a `KeySource`, it finds those that verify what it signed. */
export interface SigningKeys extends KeySource {
  /** The key that signs new tokens. */
  current(): Promise<SigningKey>
  /** The public keys, for the JWKS endpoint. */
  jwks(): Promise<JSONWebKeySet>
  /** Replaces the keys at once, and withdraws those of before. */
  rotate(): Promise<void>
}

/** A key in a JWKS document of ours: `kid`, `alg` and `use` are always there. */
export type PublishedKey = JWK & { readonly kid: string; readonly alg: string }

/** The key types that an algorithm signs with (RFC 7518 section 3.1, RFC 8037, RFC 9864). */
const keyTypes = {
  ES256: { kty: 'EC', crv: 'P-256' },
  ES384: { kty: 'EC', crv: 'P-384' },
  ES512: { kty: 'EC', crv: 'P-521' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
  Ed25519: { kty: 'OKP', crv: 'Ed25519' },
  RS256: { kty: 'RSA' },
  RS384: { kty: 'RSA' },
  RS512: { kty: 'RSA' },
  PS256: { kty: 'RSA' },
  PS384: { kty: 'RSA' },
  PS512: { kty: 'RSA' },
} as const satisfies Record<string, Pick<JWK, 'kty' | 'crv'>>

/** The algorithms that access tokens can be signed with. */
export type SigningAlgorithm = keyof typeof keyTypes

export const signingAlgorithms: ReadonlySet<string> = new Set(Object.keys(keyTypes))

/** Whether a key is one for the algorithm that it names. */
export function fitsItsAlgorithm({ alg, kty, crv }: JWK): boolean {
  if (alg === undefined || !signingAlgorithms.has(alg)) return false
  const type: Pick<JWK, 'kty' | 'crv'> = keyTypes[alg as SigningAlgorithm]
  return type.kty === kty && (type.crv === undefined || type.crv === crv)
}

/** The part of a key that everybody may know: named, so that nothing else of it is ever published. */
export async function publicKeyOf(jwk: JWK): Promise<PublishedKey> {
  const { kty, crv, x, y, n, e, alg = '' } = jwk
  const parts = { kty, crv, x, y, n, e }
  const key = Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)) as JWK
  return { ...key, kid: jwk.kid ?? (await calculateJwkThumbprint(key)), alg, use: 'sig' }
}

/** A private key in this process. */
export async function localSigningKey(jwk: JWK): Promise<SigningKey> {
  const publicKey = await publicKeyOf(jwk)
  const { kid, alg } = publicKey
  const signAtOnce = await signAtOnceWith(jwk, publicKey)
  if (signAtOnce !== undefined) {
    return { sign: (claims, typ) => signJws({ alg, kid, typ }, claims, signAtOnce) }
  }
  const key = await importJWK(jwk, alg)
  return {
    sign: (claims, typ) =>
      new CompactSign(encoder.encode(JSON.stringify(claims))).setProtectedHeader({ alg, kid, typ }).sign(key),
  }
}
