import type { AccessToken } from './access-token.js'
import type { AuthProviderLike } from './auth-provider.js'

/** The error classes of an official SDK: its gates know their own classes and no others. */
export type SdkErrorClasses =
  /** Of SDK v1: `@modelcontextprotocol/sdk/server/auth/errors.js`. */
  | { readonly InvalidTokenError: new (message: string) => Error }
  /** Of SDK v2: `@modelcontextprotocol/server`. */
  | { readonly OAuthError: new (code: never, message: string) => Error }

/** What the gates of both SDKs call a verifier. */
export interface SdkTokenVerifier {
  verifyAccessToken(token: string): Promise<AccessToken>
}

/**
 * Makes a provider usable in the SDK's own `requireBearerAuth`, for those who keep it.
 *
 * The SDK's gate checks scopes itself; give it `requiredScopes` and `resourceMetadataUrl`. It answers an outage with
 * 500, where the gates of this library answer 503.
 *
 * @param errorClasses The classes of the very copy of the SDK that the gate comes from.
 */
export function toSdkVerifier(provider: AuthProviderLike, errorClasses: SdkErrorClasses): SdkTokenVerifier {
  return {
    async verifyAccessToken(token) {
      const known = provider.recallToken?.(token, { resource: provider.resourceUrl })
      if (known !== undefined) return known
      const verified = await provider.verifyToken(token, { resource: provider.resourceUrl })
      if (verified !== null) return verified
      const message = 'The access token is invalid, expired or revoked.'
      throw 'InvalidTokenError' in errorClasses
        ? new errorClasses.InvalidTokenError(message)
        : new errorClasses.OAuthError('invalid_token' as never, message)
    },
  }
}
