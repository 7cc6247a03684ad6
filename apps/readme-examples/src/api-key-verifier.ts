import { AccessToken, TokenVerifier } from '@tollgate/auth-core'
import { apiKeys } from './your-keys.js'

export class ApiKeyVerifier extends TokenVerifier {
  override async verifyToken(token: string): Promise<AccessToken | null> {
    const key = await apiKeys.find(token)
    if (key === undefined) return null
    const { id: clientId, owner: subject, scopes, expiresAt } = key
    return new AccessToken({ token, clientId, issuer: 'api-keys', subject, scopes, expiresAt })
  }
}
