import type { HttpRequest } from '../../http/http-request.js'
import type { RequestParameters } from '../../http/request-parameters.js'
import type { OAuthClient } from '../clients/client.js'
import type { ServerCall } from '../server/server-call.js'
import type { KeyConfirmation, TokenResponse } from '../tokens/issue-access-token.js'

/** A token request whose client has authenticated and is registered for the grant type. */
export interface TokenRequest {
  readonly client: OAuthClient
  readonly form: RequestParameters
  readonly http: HttpRequest
  /** The key that the request proves possession of. */
  readonly confirmation?: KeyConfirmation | undefined
}

/** What a grant needs of the call. */
export type GrantCall = Pick<ServerCall, 'server' | 'emit'>

/**
 * Checks a token request and prepares its tokens. Consumes and revokes nothing, so a client can correct a refused request
 * and send it again.
 */
export type Grant = (call: GrantCall, request: TokenRequest) => Promise<PreparedGrant>

/** Tokens that are ready to be issued. */
export interface PreparedGrant {
  /**
   * Consumes what the client sent, in one step, and returns its tokens. Called once, after the client's proof of identity
   * has been consumed.
   */
  readonly commit: () => Promise<IssuedTokens>
  /** Removes what was stored for tokens that no client receives. Never rejects. */
  readonly discard?: () => Promise<void>
}

/** Tokens for a client, and the grant and user that they belong to. */
export interface IssuedTokens {
  readonly response: TokenResponse
  readonly familyId: string
  readonly subject: string
  readonly scopes: readonly string[]
}
