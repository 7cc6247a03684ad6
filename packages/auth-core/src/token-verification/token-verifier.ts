import { AuthProvider, type AuthProviderOptions } from '../auth-provider.js'

/**
 * An `AuthProvider` that only verifies tokens: it has no routes, and no metadata of its own.
 *
 * Put one into a `RemoteAuthProvider`, so that clients can discover where tokens come from.
 */
export abstract class TokenVerifier<
  Claims extends object = Record<string, unknown>,
> extends AuthProvider<Claims> {}

export interface TokenVerifierOptions extends AuthProviderOptions {}
