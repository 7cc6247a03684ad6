import type { JWK, JWTPayload } from 'jose'
import { compactVerify } from 'jose/jws/compact/verify'
import { importJWK } from 'jose/key/import'
import { unavailable } from '../../oauth/oauth-error.js'
import { derToJose } from './ecdsa-signature.js'
import { publicKeyOf } from './published-key.js'
import { signJws } from './sign-jws.js'
import type { SigningKey } from './signing-key.js'

/** A private key in a key management service or a hardware module. */
export interface ExternalSigningKey {
  /** The public key, with its `alg`. */
  readonly publicJwk: JWK
  /**
   * Signs `data` with the private key and the algorithm of `publicJwk`. An ECDSA signature may be DER, or `r` and `s` side
   * by side. If it rejects, no token is issued, and the client gets 503 with `Retry-After`.
   */
  readonly sign: (data: Uint8Array) => Promise<Uint8Array>
}

const encoder = new TextEncoder()

/**
 * Makes a signing key from a function. The first signature is verified, so that a function that signs with another key
 * than the published one fails here, and not at the resource servers.
 *
 * @see [RFC 7515 section 5.1](https://www.rfc-editor.org/rfc/rfc7515.html#section-5.1)
 */
export async function externalSigningKey({ publicJwk, sign }: ExternalSigningKey): Promise<SigningKey> {
  const { kid, alg } = await publicKeyOf(publicJwk)
  let isProven = false

  async function signProven(claims: JWTPayload, typ: string): Promise<string> {
    const jws = await signJws({ alg, kid, typ }, claims, async (input) =>
      derToJose(alg, await sign(encoder.encode(input))),
    )
    if (!isProven) await compactVerify(jws, await importJWK(publicJwk, alg), { algorithms: [alg] })
    isProven = true
    return jws
  }

  return {
    async sign(claims, typ) {
      try {
        return await signProven(claims, typ)
      } catch (error) {
        throw unavailable('signing_unavailable', error)
      }
    },
  }
}
