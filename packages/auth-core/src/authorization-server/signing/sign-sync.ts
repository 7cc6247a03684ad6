import type { JWK } from 'jose'
import { compactVerify } from 'jose/jws/compact/verify'
import { importJWK } from 'jose/key/import'
import { nodeBuiltin } from '../../runtime/node-builtin.js'
import type { PublishedKey } from '../records/stored-records.js'
import { signJws } from './sign-jws.js'

const encoder = new TextEncoder()

/**
 * The algorithms that sign about as fast as a thread pool can be called, with Node's names of their digests. Slower ones
 * would block all other requests.
 */
const digests: Readonly<Record<string, 'sha256' | null>> = { ES256: 'sha256', EdDSA: null, Ed25519: null }

/** Signs a text synchronously. */
export type SyncSign = (text: string) => Uint8Array

/**
 * Makes a function that signs synchronously; `undefined` where the runtime cannot. A first signature is verified: some
 * runtimes have Node's functions, but not all of their behavior.
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
