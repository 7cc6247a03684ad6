import type { JSONWebKeySet, JWK, JWTPayload } from 'jose'
import { CompactSign } from 'jose/jws/compact/sign'
import { importJWK } from 'jose/key/import'
import { withDefault } from '../../options/rows.js'
import type { KeySource } from '../../token-verification/jwt/jws.js'
import { publicKeyOf } from './published-key.js'
import { signJws } from './sign-jws.js'
import { syncSignWith } from './sign-sync.js'

const encoder = new TextEncoder()

/** A key that signs access tokens. */
export interface SigningKey {
  /** Signs a JWT. Rejects if the key cannot be used at the moment. */
  sign(claims: JWTPayload, typ: string): Promise<string>
}

/** The keys of an authorization server. As a `KeySource`, it finds the keys that verify its tokens. */
export interface SigningKeys extends KeySource {
  /** The key that signs new tokens. */
  current(): Promise<SigningKey>
  /** The public keys, for the JWKS endpoint. */
  jwks(): Promise<JSONWebKeySet>
  /** Replaces the keys immediately and removes the previous ones. */
  rotate(): Promise<void>
}

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

/** Given keys name their algorithms themselves. */
export function signingAlgorithmOption() {
  const names = [...signingAlgorithms].join(', ')
  return withDefault<SigningAlgorithm>(
    {
      problem(value, given) {
        if (Reflect.get(given, 'signingKeys') !== undefined)
          return 'be left out with "signingKeys": each of them has an "alg"'
        return typeof value === 'string' && signingAlgorithms.has(value) ? undefined : `be one of ${names}`
      },
    },
    'ES256',
  )
}

/** Whether a key has the type that its `alg` needs. */
export function fitsItsAlgorithm({ alg, kty, crv }: JWK): boolean {
  if (alg === undefined || !signingAlgorithms.has(alg)) return false
  const type: Pick<JWK, 'kty' | 'crv'> = keyTypes[alg as SigningAlgorithm]
  return type.kty === kty && (type.crv === undefined || type.crv === crv)
}

/** A private key in this process. */
export async function localSigningKey(jwk: JWK): Promise<SigningKey> {
  const publicKey = await publicKeyOf(jwk)
  const { kid, alg } = publicKey
  const signSync = await syncSignWith(jwk, publicKey)
  if (signSync !== undefined) {
    return { sign: (claims, typ) => signJws({ alg, kid, typ }, claims, signSync) }
  }
  const key = await importJWK(jwk, alg)
  return {
    sign: (claims, typ) =>
      new CompactSign(encoder.encode(JSON.stringify(claims))).setProtectedHeader({ alg, kid, typ }).sign(key),
  }
}
