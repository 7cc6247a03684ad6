import { readForm } from '../http/body.js'
import { fromWebRequest } from '../http/http-request.js'
import { checkedOptions, type OptionTable } from '../options/option-table.js'
import { oneOf } from '../options/rows.js'
import { isSubclass } from '../options/unknown-options.js'
import { type AuthenticatedClient, authenticateClient } from './client-authentication/authenticate-client.js'
import type { OAuthClient } from './clients/client.js'
import { authenticatorCall } from './server/authenticator-call.js'
import type { AuthorizationServer } from './server/authorization-server.js'
import { type AuthorizationServerProvider, oauthProviderOption, serverOf } from './server/server-handle.js'
import type { ClientAuthenticator } from './token-handler.js'

/** The options of `PrivateKeyJWTClientAuthenticator`. */
export interface PrivateKeyJWTClientAuthenticatorOptions {
  /** An `OAuthProvider`. */
  readonly provider: AuthorizationServerProvider
  /** Whether an assertion must name the issuer as its only audience. Default: the provider's. */
  readonly strictAudience?: boolean | undefined
}

export function clientAuthenticatorOptionTable() {
  return {
    provider: oauthProviderOption(),
    strictAudience: oneOf(true, false),
  } satisfies OptionTable<PrivateKeyJWTClientAuthenticatorOptions>
}

/**
 * Authenticates clients for `TokenHandler`, and for endpoints of your own.
 *
 * Supports the methods in the provider's metadata: `private_key_jwt` (RFC 7523), `client_secret_basic`,
 * `client_secret_post` and `none`, as the provider's own endpoints do.
 *
 * A client must use the method that it registered. It may send a secret in either way, unless the operator pinned the
 * method. An assertion must be signed with a key of the client's `jwks` or `jwks_uri`, name this issuer or its token
 * endpoint as audience (`strictAudience`: only the issuer), expire within ten minutes, and be used once.
 *
 * Does **not** look at the path, or at what the client requests. Does **not** limit failed attempts, except in
 * `TokenHandler`, whose limits apply.
 *
 * @see [RFC 7523 section 3](https://www.rfc-editor.org/rfc/rfc7523.html#section-3)
 */
export class PrivateKeyJWTClientAuthenticator implements ClientAuthenticator {
  readonly #server: AuthorizationServer
  readonly #strictAudience: boolean

  constructor(options: PrivateKeyJWTClientAuthenticatorOptions) {
    const { provider, strictAudience } = checkedOptions(
      'PrivateKeyJWTClientAuthenticator',
      options,
      clientAuthenticatorOptionTable(),
      { isSubclass: isSubclass(PrivateKeyJWTClientAuthenticator, new.target) },
    )
    this.#server = serverOf(provider)
    this.#strictAudience = strictAudience ?? this.#server.strictAudience
  }

  /**
   * Returns the client, and consumes its assertion if it sent one. Leaves the request readable.
   *
   * @throws `OAuthError`: `invalid_client` (401), `invalid_request` (400) for a body that is not a form or for more
   * than one method, `temporarily_unavailable` (503) during an outage.
   */
  async authenticateRequest(request: Request): Promise<OAuthClient> {
    const { client, consume } = await this.verifyRequest(request)
    await consume()
    return client
  }

  /**
   * Returns the client and `consume`, to be called when the rest of the request has been checked.
   *
   * A request that is refused before that does not cost the client its assertion.
   *
   * @throws as `authenticateRequest`; in `TokenHandler`, also `temporarily_unavailable` (429) after too many
   * assertions.
   */
  async verifyRequest(request: Request): Promise<AuthenticatedClient> {
    const http = fromWebRequest(request.clone())
    const call = authenticatorCall(this.#server, request, http)
    return authenticateClient(call, await readForm(http), this.#strictAudience)
  }
}
