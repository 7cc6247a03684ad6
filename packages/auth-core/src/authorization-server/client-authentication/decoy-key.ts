import * as base64url from 'jose/base64url'
import { generateKeyPair } from 'jose/key/generate/keypair'
import { importJWK } from 'jose/key/import'
import type { VerificationKey } from '../../token-verification/jwt/jws.js'

/** Makes a public key whose private key is not kept. */
export async function newDecoyKey(algorithm: string): Promise<VerificationKey> {
  if (!/^[RP]S/.test(algorithm)) return (await generateKeyPair(algorithm)).publicKey
  // Generating an RSA pair is slow. Any large odd number does for a key that must verify nothing.
  const modulus = crypto.getRandomValues(new Uint8Array(256))
  modulus[0] = 0xff
  modulus[255] = 0xff
  return importJWK({ kty: 'RSA', n: base64url.encode(modulus), e: 'AQAB' }, algorithm)
}
