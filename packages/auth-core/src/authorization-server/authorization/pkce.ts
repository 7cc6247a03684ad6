import type { RequestParameters } from '../../http/request-parameters.js'
import { OAuthError } from '../../oauth/oauth-error.js'
import { constantTimeEqual, sha256 } from '../../runtime/crypto.js'

/**
 * Returns the code challenge of an authorization request. Every client must use PKCE with S256, because a missing method
 * would mean `plain` (RFC 7636 section 4.3).
 *
 * @throws `invalid_request` for a missing or malformed challenge, or another method.
 */
export function checkCodeChallenge(parameters: RequestParameters): string {
  const challenge = parameters.require('code_challenge')
  if (parameters.get('code_challenge_method') !== 'S256') {
    throw new OAuthError('invalid_request', 'The parameter code_challenge_method must be S256.')
  }
  if (!isCodeChallenge(challenge)) {
    throw new OAuthError('invalid_request', 'The parameter code_challenge must be 43 base64url characters.')
  }
  return challenge
}

/** Whether a token request has the verifier of a code challenge. */
export async function hasCodeVerifier(form: RequestParameters, challenge: string): Promise<boolean> {
  const verifier = form.require('code_verifier')
  return isCodeVerifier(verifier) && (await matchesCodeChallenge(verifier, challenge))
}

/** A SHA-256 digest in base64url always has 43 characters (RFC 7636 section 4.2). */
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
