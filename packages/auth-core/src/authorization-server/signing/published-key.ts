import type { JWK } from 'jose'
import { calculateJwkThumbprint } from 'jose/jwk/thumbprint'
import type { PublishedKey } from '../records/stored-records.js'

/** The public part of a key. Members are listed one by one, so that no other member is ever published. */
export async function publicKeyOf(jwk: JWK): Promise<PublishedKey> {
  const { kty, crv, x, y, n, e, alg = '' } = jwk
  const parts = { kty, crv, x, y, n, e }
  const key = Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)) as JWK
  return { ...key, kid: jwk.kid ?? (await calculateJwkThumbprint(key)), alg, use: 'sig' }
}
