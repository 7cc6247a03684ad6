import { constantTimeEqual, sha256 } from '../../runtime/crypto.js'

/** A SHA-256 digest in base64url is always 43 characters long (RFC 7636 section 4.2). */
export function isCodeChallenge(value: string): boolean {
  return /^[\w-]{43}$/.test(value)
}

/** @see [RFC 7636 section 4.1](https://www.rfc-editor.org/rfc/rfc7636.html#section-4.1) */
export function isCodeVerifier(value: string): boolean {
  return /^[\w\-.~]{43,128}$/.test(value)
}

/** @see [RFC 7636 section 4.6](https://www.rfc-editor.org/rfc/rfc7636.html#section-4.6) */
export async function matchesCodeChallenge(verifier: string, challenge: string): Promise<boolean> {
  return constantTimeEqual(await sha256(verifier), challenge)
}
