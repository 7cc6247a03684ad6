import { JWTVerifier, type VerifyTokenOptions } from '@tollgate/auth-core'

export class MyVerifier extends JWTVerifier {
  override async verifyToken(token: string, options?: VerifyTokenOptions) {
    const verified = await super.verifyToken(token, options)
    return verified?.clientId === 'my-app' ? verified : null
  }
}
