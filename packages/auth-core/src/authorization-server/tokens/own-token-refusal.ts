import type { TokenRefusal } from '../../events/auth-event.js'
import type { TokenRejection } from '../../oauth/reasons.js'

/** What mends the refusal of a token of this server, where it may be an option. */
const hints: Readonly<Partial<Record<TokenRejection, string>>> = {
  audience:
    'The token is for another resource: compare "baseUrl" and the MCP path with the URL that the client uses.',
  client_removed: 'If its tokens are to be valid, put the client back into "clients".',
  issuer: 'The token is of another server, or "baseUrl" or "issuerUrl" has changed since it was issued.',
  not_a_jwt: 'The token is of another server, or "accessTokenFormat" was opaque when it was issued.',
  revoked: 'If nobody revoked it, give all processes one "store" that outlives a restart.',
  signature: 'If the server was restarted, use a "store" that outlives it: it has the signing keys.',
  unknown: 'If the server was restarted, use a "store" that outlives it: it has the tokens.',
}

/** What an operator is told of a token that this server does not accept as its own for a resource. */
export function ownTokenRefusal(reason: TokenRejection, issuer: string, resource: string): TokenRefusal {
  const expected =
    reason === 'audience' ? { audience: resource } : reason === 'issuer' ? { issuer } : undefined
  return { reason, issuer, expected, hint: Object.hasOwn(hints, reason) ? hints[reason] : undefined }
}
