import { OAuthError } from '../../oauth/oauth-error.js'
import type { ClientOrigin, OAuthClient } from './client.js'

/** The grant types of the token endpoint. */
export const grantTypes = ['authorization_code', 'refresh_token', 'client_credentials'] as const

/** The `grant_type` of a token request. */
export type GrantType = (typeof grantTypes)[number]

/** The grant types in which a client acts without a user. */
const withoutUser: ReadonlySet<string> = new Set<GrantType>(['client_credentials'])

/** The grant types that a client may register for, by where it comes from. */
export type PermittedGrantTypes = Readonly<Record<ClientOrigin, readonly string[]>>

/**
 * Only a configured client may act without a user, unless the operator lets any client do so.
 *
 * @param allowAnyone `dangerouslyAllowClientCredentialsForAnyone`.
 */
export function permittedGrantTypes(allowAnyone: boolean): PermittedGrantTypes {
  const ofOthers = allowAnyone ? grantTypes : grantTypes.filter((type) => !withoutUser.has(type))
  return { configuration: grantTypes, registration: ofOthers, document: ofOthers }
}

/** Whether a client that is registered for these grant types can act without a user. */
export function actsWithoutUser(types: readonly string[]): boolean {
  return types.some((type) => withoutUser.has(type))
}

/** @throws `unauthorized_client` if the client is not registered for the grant type. */
export function checkGrantType({ grant_types }: OAuthClient, grantType: string): void {
  if (!grant_types.includes(grantType))
    throw new OAuthError('unauthorized_client', 'The client is not registered for the grant type.')
}
