import type { CryptoKey, JWK } from 'jose'
import { SignJWT } from 'jose/jwt/sign'
import { importJWK } from 'jose/key/import'
import { randomToken } from '../../runtime/crypto.js'

export interface ClientAssertion {
  readonly clientId: string
  readonly audience: string
  readonly privateKey: JWK & { readonly alg: string }
  readonly now: number
}

/** Seconds for which an assertion is good: it is used at once. */
const lifetime = 60

/**
 * Signs what proves that the bearer has the client's private key. Loaded only by those who have one.
 *
 * @see [RFC 7523 section 3](https://www.rfc-editor.org/rfc/rfc7523.html#section-3)
 */
export async function signClientAssertion({
  clientId,
  audience,
  privateKey,
  now,
}: ClientAssertion): Promise<string> {
  const { alg, kid } = privateKey
  return new SignJWT({ iss: clientId, sub: clientId, aud: audience, jti: randomToken(16) })
    .setIssuedAt(now)
    .setExpirationTime(now + lifetime)
    .setProtectedHeader({ alg, typ: 'JWT', ...(kid === undefined ? {} : { kid }) })
    .sign((await importJWK(privateKey, alg)) as CryptoKey)
}
