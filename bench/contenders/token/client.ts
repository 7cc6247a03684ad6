import { createHash } from 'node:crypto'
import { resource } from '../../issuer.js'

/** The client and resource of every contender: a public client with PKCE, and one scope of one resource. */
export const clientId = 'bench-client'
export const redirectUri = 'http://127.0.0.1/callback'
export const subject = 'somebody'
export const scope = 'notes:read'
export const accessTokenLifetime = 3600

const codeVerifier = 'the-verifier-of-a-client-that-does-nothing-but-measure'
export const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url')

/** The form that redeems a code. */
export function codeForm(code: string, client = clientId): string {
  return new URLSearchParams({
    grant_type: 'authorization_code',
    client_id: client,
    code,
    code_verifier: codeVerifier,
    redirect_uri: redirectUri,
    resource,
  }).toString()
}
