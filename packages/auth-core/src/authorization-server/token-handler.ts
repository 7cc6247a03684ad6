import type { HttpRequest } from '../http/http-request.js'
import type { HttpResponse } from '../http/http-response.js'
import type { RequestParameters } from '../http/request-parameters.js'
import { type Route, routeFor } from '../http/route.js'
import { OAuthError, unavailable } from '../oauth/oauth-error.js'
import { checkedOptions, type OptionTable } from '../options/option-table.js'
import { isObject, oneOf, option } from '../options/rows.js'
import { isSubclass } from '../options/unknown-options.js'
import {
  type AuthenticateClient,
  type AuthenticatedClient,
  authenticateClient,
} from './client-authentication/authenticate-client.js'
import { looksLikeClient, type OAuthClient } from './clients/client.js'
import { tokenEndpoint } from './endpoints/endpoint-table.js'
import { issueTokens } from './endpoints/token.js'
import { serveEndpoint } from './serve-endpoint.js'
import { noteCall } from './server/authenticator-call.js'
import type { ServerCall } from './server/server-call.js'
import { type AuthorizationServerProvider, oauthProviderOption, serverOf } from './server/server-handle.js'

/**
 * Finds out which client a request is from. Throws an `OAuthError` with `invalid_client` if it cannot; whatever else
 * it throws is an outage, and so is an answer that is no client.
 *
 * `TokenHandler` applies the provider's limits to the clients that it answers. A client that is not in `clients` counts as
 * one that the operator did not configure, unless `verifyRequest` answers `isConfigured: true`.
 */
export interface ClientAuthenticator {
  /** Answers the client, and uses up what it proved that with. */
  authenticateRequest(request: Request): Promise<OAuthClient>
  /**
   * The same in two steps, for proofs that work only once. Where it is there, `TokenHandler` prefers it: a request that
   * is refused for another reason then costs the client nothing.
   */
  verifyRequest?(request: Request): Promise<AuthenticatedClient>
}

export interface TokenHandlerOptions {
  /** An `OAuthProvider`. */
  readonly provider: AuthorizationServerProvider
  /** Who authenticates clients. Default: the methods that the provider's metadata names. */
  readonly clientAuthenticator?: ClientAuthenticator | undefined
  /** The status of `invalid_grant`. Default: the provider's. */
  readonly invalidGrantStatus?: 400 | 401 | undefined
}

export function tokenHandlerOptionTable() {
  return {
    provider: oauthProviderOption(),
    clientAuthenticator: option('be an object with authenticateRequest', isObject),
    invalidGrantStatus: oneOf(400, 401),
  } satisfies OptionTable<TokenHandlerOptions>
}

/**
 * The token endpoint on its own, for applications that mount it themselves. `OAuthProvider` has one among its
 * routes.
 *
 * Failed client authentication is `invalid_client` with 401. `invalid_grant` is 401 by default, as FastMCP
 * answers, and 400 with `invalidGrantStatus: 400`, as RFC 6749 says.
 *
 * @see [RFC 6749 section 5.2](https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2)
 *
 * @example
 * ```ts
 * import { OAuthProvider, TokenHandler } from '@tollgate/auth-core'
 * import { mcpAuthRouter, routeHandler } from '@tollgate/auth-express'
 * import express from 'express'
 * import { options } from './your-options.js'
 *
 * export const auth = new OAuthProvider({ ...options, endpoints: { token: 'oauth/token' } })
 *
 * export const app = express()
 * app.all('/api/oauth/token', routeHandler(new TokenHandler({ provider: auth })))
 * app.use(mcpAuthRouter(auth, { mcpPath: '/mcp' }))
 * ```
 */
export class TokenHandler {
  readonly #routes: readonly Route[]

  constructor(options: TokenHandlerOptions) {
    const { provider, clientAuthenticator, invalidGrantStatus } = checkedOptions(
      'TokenHandler',
      options,
      tokenHandlerOptionTable(),
      { isSubclass: isSubclass(TokenHandler, new.target) },
    )
    const server = serverOf(provider)
    const authenticate =
      clientAuthenticator === undefined ? authenticateClient : authenticateWith(clientAuthenticator)
    const grantStatus = invalidGrantStatus ?? server.invalidGrantStatus
    this.#routes = serveEndpoint(server, {
      ...tokenEndpoint,
      methods: { POST: (call) => issueTokens(call, authenticate) },
      statusOf: (error) => (error.code === 'invalid_grant' ? grantStatus : error.status),
    })
  }

  /** Answers a token request. Never rejects. Looks at the method, the headers and the body, not at the path. */
  async handle(request: Request): Promise<Response> {
    return this.#routeFor(request.method).handler(request)
  }

  /**
   * The same for a request as plain data: what adapters call, and `toNodeHandler` of `@tollgate/auth-core/node`. Accepts a
   * form that a body parser of the framework has read already.
   *
   * @param native The framework's own request or context, for `clientAddress`.
   */
  answer(request: HttpRequest, native?: unknown): Promise<HttpResponse> {
    return this.#routeFor(request.method).answer(request, native)
  }

  #routeFor(method: string): Route {
    return routeFor(this.#routes, method) as Route
  }
}

/** The body has been read by now, so the authenticator is given a copy of the request. */
function authenticateWith(authenticator: ClientAuthenticator): AuthenticateClient<ServerCall> {
  return async (call: ServerCall, form: RequestParameters) => {
    const { server, http } = call
    const headers = http.headers()
    headers.delete('content-length')
    const copy = new Request(server.urls.token, { method: 'POST', headers, body: form.toQuery() })
    noteCall(copy, call)
    const authenticated = await orUnavailable(() => askAuthenticator(authenticator, copy))
    const { client, isConfigured, registeredUntil } = authenticated
    return {
      client,
      // Whoever does not say so clearly leaves the client within the limits of those that nobody configured.
      isConfigured: isConfigured === true || server.staticClients.has(client.client_id),
      registeredUntil,
      consume: () => orUnavailable(() => authenticated.consume()),
    }
  }
}

async function askAuthenticator(
  authenticator: ClientAuthenticator,
  request: Request,
): Promise<AuthenticatedClient> {
  const authenticated: Partial<AuthenticatedClient> | null | undefined =
    authenticator.verifyRequest === undefined
      ? { client: await authenticator.authenticateRequest(request), consume: async () => {} }
      : await authenticator.verifyRequest(request)
  // Applications write authenticators in JavaScript, too: a forgotten `return` does not say that it is not the client.
  if (!looksLikeClient(authenticated?.client) || typeof authenticated?.consume !== 'function')
    throw new TypeError('a client authenticator must return a client, and verifyRequest "consume" with it')
  return authenticated as AuthenticatedClient
}

async function orUnavailable<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw error instanceof OAuthError ? error : unavailable('client_authenticator_failed', error)
  }
}
