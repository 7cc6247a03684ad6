import { checkedOptions } from '../options/option-table.js'
import { AuthProvider } from '../providers/auth-provider.js'
import { type AuthProviderOptions, providerOptionTable } from '../providers/provider-options.js'

/**
 * An `AuthProvider` that only verifies tokens: it has no routes, and no metadata of its own.
 *
 * Put one into a `RemoteAuthProvider`, so that clients can discover where tokens come from.
 *
 * @example
 * ```ts
 * class ApiKeyVerifier extends TokenVerifier {
 *   override async verifyToken(token: string): Promise<AccessToken | null> {
 *     const key = await apiKeys.find(token)
 *     if (key === undefined) return null
 *     const { id: clientId, owner: subject, scopes, expiresAt } = key
 *     return new AccessToken({ token, clientId, issuer: 'api-keys', subject, scopes, expiresAt })
 *   }
 * }
 * ```
 */
export abstract class TokenVerifier<
  Claims extends object = Record<string, unknown>,
> extends AuthProvider<Claims> {
  /**
   * @throws `TypeError` for wrong options and for unknown ones: a subclass that has options of its own passes on those of
   * `TokenVerifierOptions` alone.
   */
  constructor(options: TokenVerifierOptions = {}) {
    super(checkedOptions('TokenVerifier', options, providerOptionTable(), { isSubclass: true }))
  }
}

export interface TokenVerifierOptions extends AuthProviderOptions {}
