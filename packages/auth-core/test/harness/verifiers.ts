import { vi } from 'vitest'
import { AccessToken } from '../../src/contract/access-token.js'
import type { AuthProviderLike } from '../../src/contract/auth-provider-like.js'

/** A verifier that accepts one token. It is a plain object, because verifiers need not extend a class. */
export function verifierOf(accepted: string, members: Partial<AuthProviderLike> = {}) {
  const verify: AuthProviderLike['verifyToken'] = async (token, options = {}) =>
    token === accepted
      ? new AccessToken({ token, clientId: `client of ${accepted}`, scopes: [], resource: options.resource })
      : null
  return {
    ...members,
    requiredScopes: members.requiredScopes ?? [],
    verifyToken: vi.fn(members.verifyToken ?? verify),
  }
}
