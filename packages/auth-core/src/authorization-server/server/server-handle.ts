import type { Option } from '../../options/option-table.js'
import { option, required } from '../../options/rows.js'
import type { AuthorizationServer } from './authorization-server.js'

/** The authorization server of a provider, for `TokenHandler` and others. Has nothing else for applications. */
export interface AuthorizationServerHandle {
  /** The exact issuer identifier. */
  readonly issuer: string
}

/** An `OAuthProvider`, seen as the owner of an authorization server. */
export interface AuthorizationServerProvider {
  readonly authorizationServer: AuthorizationServerHandle
}

/** Returns the row of an option that must be an `OAuthProvider`. */
export function oauthProviderOption(): Option<never> {
  return required(option('be an OAuthProvider', hasServer))
}

/** Returns the authorization server of an `OAuthProvider`, which {@link oauthProviderOption} has checked. */
export function serverOf(provider: AuthorizationServerProvider): AuthorizationServer {
  return provider.authorizationServer as AuthorizationServer
}

function hasServer(value: unknown): boolean {
  const { authorizationServer }: Partial<AuthorizationServerProvider> = Object(value)
  return (authorizationServer as Partial<AuthorizationServer> | undefined)?.records !== undefined
}
