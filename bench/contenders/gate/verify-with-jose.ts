import { createRemoteJWKSet, jwtVerify } from 'jose'
import type { TokenSource } from '../../contender.js'
import { issuer, resource } from '../../issuer.js'

/** The verifier that the SDKs leave to the application, written with jose. */
export function verifyWithJose({ jwksUri }: TokenSource) {
  const keys = createRemoteJWKSet(new URL(jwksUri))
  return async function verify(token: string) {
    const { payload } = await jwtVerify(token, keys, { issuer, audience: resource, typ: 'at+jwt' })
    return {
      token,
      clientId: String(payload['client_id']),
      scopes: String(payload['scope']).split(' '),
      expiresAt: payload.exp as number,
    }
  }
}
