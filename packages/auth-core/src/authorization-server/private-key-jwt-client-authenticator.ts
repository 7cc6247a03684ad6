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

export interface PrivateKeyJWTClientAuthenticatorOptions {
  /** An `OAuthProvider`. */
  readonly provider: AuthorizationServerProvider
  /** Accepts assertions for the issuer alone, and not for its token endpoint. Default: the provider's. */
  readonly strictAudience?: boolean | undefined
}

export function clientAuthenticatorOptionTable() {
  return {
    provider: oauthProviderOption(),
    strictAudience: oneOf(true, false),
  } satisfies OptionTable<PrivateKeyJWTClientAuthenticatorOptions>
}

/**
 * Finds out which client a request to the provider's endpoints is from, with every method that its metadata names:
 * `private_key_jwt` (RFC 7523), `client_secret_basic`, `client_secret_post` and `none`. The provider's own endpoints ask
 * the same code. For endpoints of your own, and for `TokenHandler`.
 *
 * A client authenticates with the one method that it registered; with a secret, it may send that in either way, unless the
 * operator pinned the method. An assertion must be signed with a key of the client's
 * `jwks` or `jwks_uri`, be for this issuer or its token endpoint (`strictAudience`: the issuer alone), end within ten
 * minutes, and be used once.
 *
 * Does **not** look at the path, or at what the client asks for. Does **not** limit how often a client may try, except for
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
   * Answers the client, and uses up its assertion if it sent one. The request can still be read afterwards.
   *
   * @throws `OAuthError`: `invalid_client` (401), `invalid_request` (400) for a body that is no form or for more than
   * one method, `temporarily_unavailable` (503) when it could not be found out.
   */
  async authenticateRequest(request: Request): Promise<OAuthClient> {
    const { client, consume } = await this.verifyRequest(request)
    await consume()
    return client
  }

  /**
   * The same in two steps: call `consume` when the rest of the request has been checked. A request that is refused before
   * that does not cost the client its assertion.
   *
   * @throws as `authenticateRequest`; for `TokenHandler` also `temporarily_unavailable` (429) after too many assertions.
   */
  async verifyRequest(request: Request): Promise<AuthenticatedClient> {
    const http = fromWebRequest(request.clone())
    const call = authenticatorCall(this.#server, request, http)
    return authenticateClient(call, await readForm(http), this.#strictAudience)
  }
}
