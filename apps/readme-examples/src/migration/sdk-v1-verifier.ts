import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
import { AccessToken, RemoteAuthProvider, TokenVerifier } from '@tollgate/auth-core'
import { provider } from './your-sdk-v1-server.js'

class YourVerifier extends TokenVerifier {
  override async verifyToken(token: string): Promise<AccessToken | null> {
    try {
      const { clientId, scopes, expiresAt, resource, extra } = await provider.verifyAccessToken(token)
      if (resource?.href !== 'https://notes.example.com/mcp') return null
      return new AccessToken({ token, clientId, scopes, expiresAt, subject: String(extra?.['subject']) })
    } catch (error) {
      if (error instanceof InvalidTokenError) return null
      throw error
    }
  }
}

export const auth = new RemoteAuthProvider({
  baseUrl: 'https://notes.example.com',
  authorizationServers: ['https://login.example.com'],
  tokenVerifier: new YourVerifier({ requiredScopes: ['notes:read'] }),
})
