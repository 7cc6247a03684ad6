import type { RequestParameters } from '../../http/request-parameters.js'
import type { AuthorizationServer } from '../authorization-server.js'
import type { OAuthClient } from '../clients/client.js'
import type { TokenResponse } from '../token-issuer.js'
import { exchangeAuthorizationCode } from './authorization-code.js'
import { exchangeRefreshToken } from './refresh-token.js'

/**
 * Exchanges what a client sent for tokens. The client is authenticated and registered for the grant. A grant checks
 * everything before it consumes anything: a request that fails can be mended and sent again.
 */
export type Grant = (
  server: AuthorizationServer,
  client: OAuthClient,
  form: RequestParameters,
) => Promise<TokenResponse>

/** The grants of the token endpoint, by `grant_type`. */
export const grants: ReadonlyMap<string, Grant> = new Map([
  ['authorization_code', exchangeAuthorizationCode],
  ['refresh_token', exchangeRefreshToken],
])

export const grantTypes: readonly string[] = [...grants.keys()]
