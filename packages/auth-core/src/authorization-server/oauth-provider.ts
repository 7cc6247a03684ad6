import { AccessToken } from '../contract/access-token.js'
import type { ChallengedToken, VerifyTokenOptions } from '../contract/auth-provider-like.js'
import { areSameScopes, unionOf } from '../contract/required-scopes.js'
import { asWritten, keepVerdicts } from '../contract/verdict-memory.js'
import type { EventListener } from '../events/auth-event.js'
import { noListener, reportRejection, safeListener } from '../events/listener.js'
import type { Route } from '../http/route.js'
import { protectedResourceRoutes } from '../metadata/protected-resource.js'
import { protectedResourceMetadataUrl } from '../metadata/well-known-path.js'
import { isSameResource } from '../oauth/resource-identifier.js'
import { isSubclass } from '../options/unknown-options.js'
import { AuthProvider } from '../providers/auth-provider.js'
import { providerOptions } from '../providers/provider-options.js'
import type { OAuthClient } from './clients/client.js'
import { createAuthorizationServer } from './create-authorization-server.js'
import { checkedProviderOptions, type OAuthProviderOptions } from './options.js'
import { authorizationServerRoutes } from './routes.js'
import type { AuthorizationServer } from './server/authorization-server.js'
import type { AuthorizationServerHandle } from './server/server-handle.js'
import { familyClaim } from './tokens/issue-access-token.js'
import { ownTokenRefusal } from './tokens/own-token-refusal.js'
import { revokeTokens, type TokenSelection } from './tokens/revoke-tokens.js'
import {
  cachedAccessToken,
  endedAccessToken,
  type VerifiedAccessToken,
  verifyAccessToken,
} from './tokens/verify-access-token.js'

/**
 * An authorization server and its resource server in one. The application signs users in, with `signIn`.
 *
 * Serves metadata, registration, authorization, consent, tokens, revocation and introspection. Does **not** protect the
 * MCP endpoint: mount a gate in front of it.
 *
 * @see [OAuth 2.1](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1)
 *
 * @example
 * ```ts
 * import { memoryStore, OAuthProvider } from '@tollgate/auth-core'
 * import { userOfSession } from './your-sessions.js'
 *
 * export const auth = new OAuthProvider({
 *   baseUrl: 'https://notes.example.com',
 *   name: 'Notes',
 *   scopesSupported: ['notes:read', 'notes:write'],
 *   requiredScopes: ['notes:read'],
 *   dynamicRegistration: true,
 *   store: memoryStore(),
 *   signIn: async (request, authorization) => {
 *     const user = await userOfSession(request.headers.get('cookie'))
 *     return user === undefined
 *       ? { redirect: `/login?next=${encodeURIComponent(authorization.resumeUrl)}` }
 *       : { subject: user.id }
 *   },
 * })
 * ```
 */
export class OAuthProvider<Native = unknown> extends AuthProvider {
  /** For `TokenHandler` and `PrivateKeyJWTClientAuthenticator`. Has nothing for applications. */
  readonly authorizationServer: AuthorizationServerHandle
  readonly #server: AuthorizationServer
  #listener: EventListener | undefined
  readonly #challengeScopes: readonly string[]
  readonly #resourceName: string | undefined
  readonly #resourceDocumentation: string | undefined

  constructor(options: OAuthProviderOptions<Native>) {
    const checked = checkedProviderOptions(options, { isSubclass: isSubclass(OAuthProvider, new.target) })
    super(providerOptions(checked))
    this.#resourceName = checked.resourceName
    this.#resourceDocumentation = checked.resourceDocumentation
    const emit: EventListener = checked.onEvent === false ? noListener : (event) => this.listenerFor()(event)
    this.#server = createAuthorizationServer(checked, checked.baseUrl, emit, () => {
      const { resources } = checked
      const own = this.mcpPaths.map((mcpPath) => this.getResourceUrl(mcpPath) as string)
      // Without duplicates, because a request without `resource` is for the only one.
      return [...resources, ...own.filter((one) => !resources.some((known) => isSameResource(known, one)))]
    })
    this.authorizationServer = this.#server
    this.#challengeScopes = this.#checkedChallengeScopes(checked.challengeScopes ?? [])
    keepVerdicts(this, verifyToken, (token, asked) => this.#recall(token, asked.resource ?? this.resourceUrl))
  }

  /** The operator's exact issuer string. */
  get issuer(): string {
    return this.#server.issuer
  }

  /** The listener of the options, or that of the provider that this one was given to. It never throws. */
  override get onEvent(): EventListener | undefined {
    return super.onEvent ?? this.#listener
  }

  /** Sets the listener of a provider without `onEvent`. A `MultiAuth` that has a listener calls it. */
  setEventListener(listener: EventListener): void {
    this.#listener ??= safeListener(listener)
  }

  override get scopesSupported(): readonly string[] {
    return this.#server.scopesSupported
  }

  /** Adds `challengeScopes` if a request needs nothing beyond `requiredScopes`. */
  override getChallengeScopes(required: readonly string[] = this.requiredScopes): readonly string[] {
    const isBaseline = areSameScopes(required, this.requiredScopes)
    return isBaseline ? unionOf([required, this.#challengeScopes]) : required
  }

  noteScopeChallenge({ claims, extra }: ChallengedToken): void {
    const said = (claims ?? extra?.['claims'] ?? {}) as Readonly<Record<string, unknown>>
    if (said['iss'] !== this.issuer) return
    this.#server.stepUps?.note({
      familyId: String(said[familyClaim]),
      clientId: String(said['client_id']),
      subject: String(said['sub']),
    })
  }

  /** An unsupported scope is left out of what the user is asked, so it could never be granted. */
  #checkedChallengeScopes(scopes: readonly string[]): readonly string[] {
    const unknown = scopes.find((scope) => !this.#server.scopesSupported.includes(scope))
    if (unknown !== undefined)
      throw new TypeError(`OAuthProvider: "challengeScopes" has "${unknown}". Add it to "scopesSupported".`)
    return unionOf([scopes])
  }

  /** The supported scopes, or `undefined` if a subclass overrides `verifyToken`: its tokens may have others. */
  override get grantableScopes(): readonly string[] | undefined {
    return this.verifyToken === verifyToken ? this.#server.scopesSupported : undefined
  }

  override now(): number {
    return this.#server.now()
  }

  override get revocationLag(): number {
    return this.#server.revocationLag
  }

  override async verifyToken(token: string, options: VerifyTokenOptions = {}): Promise<AccessToken | null> {
    const resource = options.resource ?? this.resourceUrl
    if (resource === undefined) return null
    const known = this.#recall(token, resource)
    if (known !== undefined) return known
    const server = this.#server
    const checkedAt = server.now()
    const remember = server.verifiedTokens.rememberer()
    const { verified, rejected } = await verifyAccessToken(server, token, [resource])
    if (verified === undefined) {
      if (options.reportEnded !== undefined) {
        const ended = await endedAccessToken(server, token, rejected, this.scopesSupported)
        if (ended !== undefined) options.reportEnded(ended)
      }
      const refusal = ownTokenRefusal(rejected, server.issuer, resource)
      reportRejection(this.listenerFor(options), refusal, options.deferRejection)
      return null
    }
    remember(token, resource, { ...verified, checkedAt })
    return toAccessToken(verified, server.issuer, token, resource)
  }

  #recall(token: string, resource: string | undefined): AccessToken | undefined {
    if (resource === undefined) return undefined
    const known = cachedAccessToken(this.#server, token, resource)
    return known === undefined ? undefined : toAccessToken(known, this.issuer, token, resource)
  }

  /**
   * Revokes all tokens and unredeemed codes of a user, a client, both, or one grant.
   *
   * Applies here at once, and in other processes within `revocationLag` seconds. Call it at logout, after a password
   * change, or when a user disconnects a client. End the user's session first: otherwise the next authorization request
   * succeeds with it. Repeating it is safe. Does **not** affect what is authorized afterwards.
   *
   * @throws `OAuthError` with the status 503 if the store is down. Repeat it then: until it resolves, tokens may still
   * be valid.
   */
  async revokeTokens(selection: TokenSelection): Promise<void> {
    await revokeTokens(this.#server, selection)
  }

  /**
   * Deletes the registration of a client, and revokes its tokens and codes as `revokeTokens` does.
   *
   * Repeating it is safe, and so is an unknown client ID. A configured client, or one with a metadata document, loses
   * its tokens but is known again at its next request.
   *
   * @throws `OAuthError` with the status 503 if the store is down.
   */
  async deleteClient(clientId: string): Promise<void> {
    // In this order: later requests find no client, and earlier ones have read the previous revocation marks.
    await this.#server.records.clients.delete(clientId)
    await this.revokeTokens({ clientId })
  }

  /**
   * Fetches a client's metadata document and returns the client that it describes.
   *
   * Shows whether this server can read the document, as a sign-in would. A pinned document is fetched as well. Stores
   * nothing and emits nothing. Does **not** check the redirect URIs and scopes of a request, or whether the client can
   * authenticate.
   *
   * @throws `Error` with the problem: for developers, not for clients.
   */
  async tryClientDocument(clientId: string): Promise<OAuthClient> {
    const { clientDocuments } = this.#server
    if (clientDocuments === undefined)
      throw new Error('OAuthProvider: client metadata documents are off. See "clientIdMetadataDocuments".')
    return clientDocuments.try(clientId)
  }

  /**
   * Replaces the signing key and removes all previous keys. For a key that someone else may know.
   *
   * Old keys are replaced automatically: see `lifetimes.signingKey`. Previous access tokens become invalid: here at
   * once, in other processes within two times `revocationLag` seconds, and at other resource servers when they refetch
   * the JWKS document, within ten minutes. Until then, resource servers that do not refetch it for an unknown `kid`
   * refuse new tokens. Users stay signed in, because clients refresh.
   *
   * @throws `OAuthError` with the status 503 if the store is down; `TypeError` if `signingKeys` is set.
   */
  async rotateSigningKey(): Promise<void> {
    await this.#server.signingKeys.rotate()
  }

  override getResourceMetadataUrl(mcpPath?: string | null): string | undefined {
    const resource = this.getResourceUrl(mcpPath)
    return resource === undefined ? undefined : protectedResourceMetadataUrl(resource)
  }

  /**
   * Returns the routes of all endpoints and of the metadata of the server and its resource.
   *
   * Sets the MCP path if one is given. A resource on another server has no metadata here.
   *
   * @throws `TypeError` if there is no resource.
   */
  override getRoutes(mcpPath?: string | null): Route[] {
    if (mcpPath !== undefined) this.setMcpPath(mcpPath)
    if (this.#server.resources().length === 0) {
      throw new TypeError(
        'OAuthProvider: getRoutes needs a resource. Pass the MCP path (null for the root), or set "resources".',
      )
    }
    return [
      ...authorizationServerRoutes(this.#server),
      ...protectedResourceRoutes(this, mcpPath, {
        authorizationServers: [this.issuer],
        scopesSupported: this.scopesSupported,
        resourceName: this.#resourceName,
        resourceDocumentation: this.#resourceDocumentation,
      }),
    ]
  }
}

const verifyToken = /* @__PURE__ */ asWritten(() => OAuthProvider.prototype.verifyToken)

function toAccessToken(
  own: VerifiedAccessToken,
  issuer: string,
  token: string,
  resource: string,
): AccessToken {
  const { clientId, scopes, expiresAt, subject, claims } = own
  return new AccessToken({ token, clientId, scopes, expiresAt, resource, issuer, subject, claims })
}
