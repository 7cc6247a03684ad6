import type { AuthorizationServer } from './authorization-server.js'

/** The authorization server of a provider, to hand on to `TokenHandler` and others. Nothing in it is for applications. */
export interface AuthorizationServerHandle {
  /** The operator's exact issuer string. */
  readonly issuer: string
}

/** Whatever has an authorization server: an `OAuthProvider`. */
export interface AuthorizationServerProvider {
  readonly authorizationServer: AuthorizationServerHandle
}

/**
 * What is behind the little that applications see.
 *
 * @throws `TypeError`, naming the option, for what is no `OAuthProvider`.
 */
export function serverOf(provider: AuthorizationServerProvider): AuthorizationServer {
  const server = provider?.authorizationServer as AuthorizationServer | undefined
  if (server?.records === undefined) throw new TypeError('"provider" must be an OAuthProvider')
  return server
}
