import { checkedOptions } from '../options/option-table.js'
import { AuthProvider } from '../providers/auth-provider.js'
import { type AuthProviderOptions, providerOptionTable } from '../providers/provider-options.js'

/**
 * The base class of verifiers. They verify tokens, and serve no routes and no metadata.
 *
 * Pass a verifier to `RemoteAuthProvider`, so that clients can discover where to get tokens.
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
   * @throws `TypeError` for wrong and unknown options. A subclass with options of its own must pass on only those of
   * `TokenVerifierOptions`.
   */
  constructor(options: TokenVerifierOptions = {}) {
    super(checkedOptions('TokenVerifier', options, providerOptionTable(), { isSubclass: true }))
  }
}

/** Options of every verifier. */
export interface TokenVerifierOptions extends AuthProviderOptions {}
