import { AccessToken, MultiAuth, TokenVerifier } from '@tollgate/auth-core'
import { auth as server } from './own-tokens.js'
import { apiKeys } from './your-keys.js'

class ApiKeyVerifier extends TokenVerifier {
  override async verifyToken(token: string): Promise<AccessToken | null> {
    const key = await apiKeys.find(token)
    if (key === undefined) return null
    const { id: clientId, owner: subject, scopes, expiresAt } = key
    return new AccessToken({ token, clientId, issuer: 'api-keys', subject, scopes, expiresAt })
  }
}

const verifiers = new ApiKeyVerifier({ requiredScopes: ['notes:read'] })
export const auth = new MultiAuth({ server, verifiers })
