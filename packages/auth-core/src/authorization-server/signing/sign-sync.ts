import type { JWK } from 'jose'
import { compactVerify } from 'jose/jws/compact/verify'
import { importJWK } from 'jose/key/import'
import { nodeBuiltin } from '../../runtime/node-builtin.js'
import type { PublishedKey } from '../records/stored-records.js'
import { signJws } from './sign-jws.js'

const encoder = new TextEncoder()

/**
 * The algorithms whose signatures take no longer than to ask a thread pool for them, with the digests that Node wants to
 * be told. The others would keep all requests waiting for one.
 */
const digests: Readonly<Record<string, 'sha256' | null>> = { ES256: 'sha256', EdDSA: null, Ed25519: null }

/** Signs a text. */
export type SyncSign = (text: string) => Uint8Array

/**
 * What signs at once with a private key; `undefined` where that cannot be had. Tried before it is relied on: not every
 * runtime that has Node's functions has all of what they do.
 */
export async function syncSignWith(key: JWK, publicKey: PublishedKey): Promise<SyncSign | undefined> {
  const { kid, alg } = publicKey
  const digest = digests[alg]
  const { createPrivateKey, sign } = nodeBuiltin('node:crypto')
  if (digest === undefined || createPrivateKey === undefined || sign === undefined) return undefined
  try {
    const opened = { key: createPrivateKey({ key, format: 'jwk' }), dsaEncoding: 'ieee-p1363' } as const
    const signSync: SyncSign = (text) => sign(digest, encoder.encode(text), opened)
    const jws = await signJws({ alg, kid, typ: 'JWT' }, {}, signSync)
    await compactVerify(jws, await importJWK(publicKey, alg), { algorithms: [alg] })
    return signSync
  } catch {
    return undefined
  }
}
