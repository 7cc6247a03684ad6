import { type AccessToken, JWTVerifier, type VerifyTokenOptions } from '@tollgate/auth-core'

export class TenantVerifier extends JWTVerifier {
  readonly #tenant: string

  constructor({ tenant, ...options }: { issuer: string; audience: string; tenant: string }) {
    super(options)
    this.#tenant = tenant
  }

  override async verifyToken(token: string, options?: VerifyTokenOptions): Promise<AccessToken | null> {
    const accessToken = await super.verifyToken(token, options)
    return accessToken?.claims['tenant'] === this.#tenant ? accessToken : null
  }
}
