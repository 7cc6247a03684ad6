import type { RequestParameters } from '../../http/request-parameters.js'
import type { OAuthClient } from '../clients/client.js'
import type { ServerCall } from '../server/server-call.js'
import type { TokenResponse } from '../tokens/issue-access-token.js'
import { exchangeAuthorizationCode } from './authorization-code.js'
import { exchangeClientCredentials } from './client-credentials.js'
import { exchangeRefreshToken } from './refresh-token.js'

/**
 * Checks what a client sent, and makes ready what it will be answered. The client is registered for the grant. Nothing
 * is consumed and nothing revoked, so that a request that fails can be mended and sent again.
 */
export type Grant = (
  call: ServerCall,
  client: OAuthClient,
  form: RequestParameters,
) => Promise<PreparedTokens>

/** What a grant does in the end. */
export interface PreparedTokens {
  /**
   * Consumes what the client sent, in one step, and answers the tokens. Called once, when the proof of who the client is
   * has been used up.
   */
  readonly exchange: () => Promise<TokenResponse>
  /** Removes what was stored for tokens that nobody gets, as far as it can. Never rejects. */
  readonly discard?: () => Promise<void>
}

/** The grants of the token endpoint, by `grant_type`. */
export const grants: ReadonlyMap<string, Grant> = new Map([
  ['authorization_code', exchangeAuthorizationCode],
  ['refresh_token', exchangeRefreshToken],
  ['client_credentials', exchangeClientCredentials],
])

export const grantTypes: readonly string[] = [...grants.keys()]
