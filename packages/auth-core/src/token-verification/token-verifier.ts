import { refuseUnknownOptions } from '../options/unknown-options.js'
import { AuthProvider, type AuthProviderOptions, providerOptionNames } from '../providers/auth-provider.js'

/**
 * An `AuthProvider` that only verifies tokens: it has no routes, and no metadata of its own.
 *
 * Put one into a `RemoteAuthProvider`, so that clients can discover where tokens come from.
 */
export abstract class TokenVerifier<
  Claims extends object = Record<string, unknown>,
> extends AuthProvider<Claims> {
  /**
   * @throws `TypeError` for wrong options and for unknown ones: a subclass that has options of its own passes on those of
   * `TokenVerifierOptions` alone.
   */
  constructor(options: TokenVerifierOptions = {}) {
    refuseUnknownOptions('TokenVerifier', options, providerOptionNames, { isSubclass: true })
    super(options)
  }
}

export interface TokenVerifierOptions extends AuthProviderOptions {}
