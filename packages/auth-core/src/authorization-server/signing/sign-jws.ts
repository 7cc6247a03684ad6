import type { JWTPayload } from 'jose'
import { base64urlOf } from '../../runtime/crypto.js'

/** The header of a token. */
export interface SignedHeader {
  readonly alg: string
  readonly kid: string
  readonly typ: string
}

/**
 * Builds a JWT around a signature that something other than WebCrypto makes.
 *
 * @param sign Signs a text with the JWS algorithm `alg`.
 * @see [RFC 7515 section 5.1](https://www.rfc-editor.org/rfc/rfc7515.html#section-5.1)
 */
export async function signJws(
  header: SignedHeader,
  claims: JWTPayload,
  sign: (input: string) => Uint8Array | Promise<Uint8Array>,
): Promise<string> {
  const input = `${base64urlOf(JSON.stringify(header))}.${base64urlOf(JSON.stringify(claims))}`
  return `${input}.${base64urlOf(await sign(input))}`
}
