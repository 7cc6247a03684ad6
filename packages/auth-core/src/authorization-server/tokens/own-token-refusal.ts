import type { TokenRefusal } from '../../events/auth-event.js'
import type { TokenRejection } from '../../oauth/reasons.js'

/** What to do about a refused token of this server, where an option may be the cause. */
const hints: Readonly<Partial<Record<TokenRejection, string>>> = {
  audience:
    'The token is for another resource. Compare "baseUrl" and the MCP path with the URL of the client.',
  client_removed: 'If its tokens should be valid, put the client back into "clients".',
  issuer: 'The token is from another server, or "baseUrl" or "issuerUrl" has changed since.',
  not_a_jwt: 'The token is from another server, or "accessTokenFormat" was opaque when it was issued.',
  revoked: 'If you did not revoke it, give all processes one "store" that survives restarts.',
  signature: 'If the server was restarted, use a "store" that survives restarts: it keeps the keys.',
  unknown: 'If the server was restarted, use a "store" that survives restarts: it keeps the tokens.',
}

/** Describes for the operator why this server refused a token as its own. */
export function ownTokenRefusal(reason: TokenRejection, issuer: string, resource: string): TokenRefusal {
  const expected =
    reason === 'audience' ? { audience: resource } : reason === 'issuer' ? { issuer } : undefined
  return { reason, issuer, expected, hint: Object.hasOwn(hints, reason) ? hints[reason] : undefined }
}
