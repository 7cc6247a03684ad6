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
 * Authenticates the client of a token request.
 *
 * Throws an `OAuthError` with `invalid_client` if it cannot. Any other error, or a result that is not a client, is an
 * outage.
 *
 * `TokenHandler` applies the provider's limits to the returned clients. A client that is not in `clients` counts as not
 * configured, unless `verifyRequest` returns `isConfigured: true`.
 */
export interface ClientAuthenticator {
  /** Returns the client, and consumes its proof. */
  authenticateRequest(request: Request): Promise<OAuthClient>
  /**
   * Returns the client and a function that consumes its proof, for proofs that work only once.
   *
   * `TokenHandler` prefers it: a request that is refused for another reason then costs the client nothing.
   */
  verifyRequest?(request: Request): Promise<AuthenticatedClient>
}

/** The options of `TokenHandler`. */
export interface TokenHandlerOptions {
  /** An `OAuthProvider`. */
  readonly provider: AuthorizationServerProvider
  /** Authenticates clients. Default: the methods in the provider's metadata. */
  readonly clientAuthenticator?: ClientAuthenticator | undefined
  /** The HTTP status of `invalid_grant`. Default: the provider's. */
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
 * The token endpoint alone, for applications that mount it themselves. `OAuthProvider` has one among its routes.
 *
 * Failed client authentication is `invalid_client` with 401. `invalid_grant` is 401 as in FastMCP, or 400 as in RFC 6749
 * with `invalidGrantStatus: 400`.
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

  /** Returns the response to a token request. Never rejects. Does **not** look at the path. */
  async handle(request: Request): Promise<Response> {
    return this.#routeFor(request.method).handler(request)
  }

  /**
   * Returns the response to a request as plain data. Adapters call it, and `toNodeHandler` of
   * `@tollgate/auth-core/node`.
   *
   * Accepts a form that a body parser of the framework has already read. Does **not** look at the path.
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

/** Gives the authenticator a copy of the request, because the body has been read. */
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
      // Only `true` lifts the limits of clients that are not configured.
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
  // A forgotten `return` in JavaScript is an outage, and not a rejected client.
  if (!looksLikeClient(authenticated?.client) || typeof authenticated?.consume !== 'function')
    throw new TypeError(
      'TokenHandler: "clientAuthenticator" must return a client, and from verifyRequest also "consume".',
    )
  return authenticated as AuthenticatedClient
}

async function orUnavailable<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw error instanceof OAuthError ? error : unavailable('client_authenticator_failed', error)
  }
}
