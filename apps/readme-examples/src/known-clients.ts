import { type AccessToken, JWTVerifier, type VerifyTokenOptions } from '@tollgate/auth-core'

export class KnownClientsVerifier extends JWTVerifier {
  override async verifyToken(token: string, options?: VerifyTokenOptions): Promise<AccessToken | null> {
    const accessToken = await super.verifyToken(token, options)
    return accessToken?.clientId === 'my-app' ? accessToken : null
  }
}
