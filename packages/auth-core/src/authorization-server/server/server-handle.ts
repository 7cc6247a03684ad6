import type { Option } from '../../options/option-table.js'
import { option, required } from '../../options/rows.js'
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

/** The option of a table that is an `OAuthProvider`. */
export function oauthProviderOption(): Option<never> {
  return required(option('be an OAuthProvider', hasServer))
}

/** @returns what is behind the handle of an `OAuthProvider`, as {@link oauthProviderOption} has checked it. */
export function serverOf(provider: AuthorizationServerProvider): AuthorizationServer {
  return provider.authorizationServer as AuthorizationServer
}

function hasServer(value: unknown): boolean {
  const { authorizationServer }: Partial<AuthorizationServerProvider> = Object(value)
  return (authorizationServer as Partial<AuthorizationServer> | undefined)?.records !== undefined
}
