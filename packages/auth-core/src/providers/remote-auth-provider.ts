import type { AccessToken } from '../contract/access-token.js'
import type { AuthProviderLike, VerifyTokenOptions } from '../contract/auth-provider-like.js'
import { baseScopes } from '../contract/required-scopes.js'
import { asWritten, keepVerdicts, verdictMemoryOf } from '../contract/verdict-memory.js'
import type { EventListener } from '../events/auth-event.js'
import { listenerIn } from '../events/listener.js'
import type { Route } from '../http/route.js'
import { protectedResourceRoutes } from '../metadata/protected-resource.js'
import { protectedResourceMetadataUrl } from '../metadata/well-known-path.js'
import { checkedScopes, type ImpliesScope } from '../oauth/scope.js'
import { checkSource } from '../options/provider-argument.js'
import { isSubclass, type OptionNames, refuseUnknownOptions } from '../options/unknown-options.js'
import { checkedUrl } from '../options/url.js'
import { AuthProvider, type AuthProviderOptions, providerOptions } from './auth-provider.js'

export interface RemoteAuthProviderOptions<Claims extends object = Record<string, unknown>>
  extends Omit<AuthProviderOptions, 'requiredScopes'> {
  readonly baseUrl: string
  /** Tells good tokens from bad ones. Its `requiredScopes` and the type of its claims become the provider's. */
  readonly tokenVerifier: AuthProviderLike<Claims>
  /** The issuers that clients may get tokens from, the preferred one first: the exact strings of their metadata. */
  readonly authorizationServers: readonly string[]
  /**
   * The scopes that resource metadata names. Default: those of the `tokenVerifier`, or else `requiredScopes`. Clients may
   * ask for all of them.
   */
  readonly scopesSupported?: readonly string[] | undefined
  /** The scopes that challenges ask for, if they are spelled differently from `requiredScopes`. */
  readonly challengeScopes?: readonly string[] | undefined
  readonly resourceName?: string | undefined
  readonly resourceDocumentation?: string | undefined
}

const optionNames = {
  baseUrl: true,
  resourceBaseUrl: true,
  impliesScope: true,
  dangerouslyAllowInsecureUrls: true,
  onEvent: true,
  tokenVerifier: true,
  authorizationServers: true,
  scopesSupported: true,
  challengeScopes: true,
  resourceName: true,
  resourceDocumentation: true,
} satisfies OptionNames<RemoteAuthProviderOptions>

/**
 * A resource server whose tokens come from somebody else's authorization server: verifies them, and publishes
 * where clients get them.
 *
 * @see [RFC 9728](https://www.rfc-editor.org/rfc/rfc9728.html)
 *
 * @example
 * ```ts
 * import { JWTVerifier, RemoteAuthProvider } from '@tollgate/auth-core'
 *
 * export const auth = new RemoteAuthProvider({
 *   baseUrl: 'https://api.example.com',
 *   authorizationServers: ['https://login.example.com'],
 *   tokenVerifier: new JWTVerifier({ issuer: 'https://login.example.com', requiredScopes: ['notes:read'] }),
 * })
 * ```
 */
export class RemoteAuthProvider<
  Claims extends object = Record<string, unknown>,
> extends AuthProvider<Claims> {
  /** Those of the `tokenVerifier`. */
  readonly requiredScopesOfSources: readonly (readonly string[])[] | undefined
  /** Those of the `tokenVerifier`, unless `impliesScope` is set here. */
  readonly impliesScopeOfSources: readonly (ImpliesScope | undefined)[] | undefined
  readonly #verifier: AuthProviderLike<Claims>
  readonly #authorizationServers: readonly string[]
  readonly #scopesSupported: readonly string[] | undefined
  readonly #challengeScopes: readonly string[] | undefined
  readonly #resourceName: string | undefined
  readonly #resourceDocumentation: string | undefined

  /**
   * @throws `TypeError` for wrong options and unknown ones, `requiredScopes` among them: what every request needs is the
   * `tokenVerifier`'s to say.
   */
  constructor(options: RemoteAuthProviderOptions<Claims>) {
    refuseUnknownOptions('RemoteAuthProvider', options, optionNames, {
      remedies: { requiredScopes: 'Set it on the "tokenVerifier".' },
      isSubclass: isSubclass(RemoteAuthProvider, new.target),
    })
    checkSource('RemoteAuthProvider: "tokenVerifier"', options.tokenVerifier)
    super({
      ...providerOptions(options),
      requiredScopes: options.tokenVerifier.requiredScopes,
      impliesScope: options.impliesScope ?? options.tokenVerifier.impliesScope,
    })
    if (this.baseUrl === undefined) throw new TypeError('"baseUrl" is missing')
    if (!Array.isArray(options.authorizationServers) || options.authorizationServers.length === 0) {
      throw new TypeError('"authorizationServers" must name at least one issuer')
    }
    const allowInsecure = options.dangerouslyAllowInsecureUrls ?? false
    this.#authorizationServers = options.authorizationServers.map((issuer: string) =>
      checkedUrl('authorizationServers', issuer, { allowInsecure }),
    )
    this.#verifier = options.tokenVerifier
    this.requiredScopesOfSources = options.tokenVerifier.requiredScopesOfSources
    this.impliesScopeOfSources =
      options.impliesScope === undefined ? options.tokenVerifier.impliesScopeOfSources : undefined
    this.#scopesSupported =
      options.scopesSupported === undefined
        ? undefined
        : checkedScopes('scopesSupported', options.scopesSupported)
    this.#challengeScopes =
      options.challengeScopes === undefined
        ? undefined
        : checkedScopes('challengeScopes', options.challengeScopes)
    this.#resourceName = options.resourceName
    this.#resourceDocumentation = options.resourceDocumentation
    const memory = verdictMemoryOf(this.#verifier)
    keepVerdicts(this, verifyToken, (token, asked) => memory.recall(token, this.#bound(asked)), [memory])
  }

  override verifyToken(token: string, options: VerifyTokenOptions = {}): Promise<AccessToken<Claims> | null> {
    return this.#verifier.verifyToken(token, {
      ...this.#bound(options),
      onEvent: this.listenerFor(options),
    })
  }

  #bound(options: VerifyTokenOptions): VerifyTokenOptions {
    return options.resource === undefined ? { ...options, resource: this.resourceUrl } : options
  }

  /** The listener of the options, or that of the verifier. */
  override get onEvent(): EventListener | undefined {
    return super.onEvent ?? listenerIn(this.#verifier)
  }

  override now(): number {
    return this.#verifier.now?.() ?? super.now()
  }

  override get clockTolerance(): number {
    return this.#verifier.clockTolerance ?? 0
  }

  override get revocationLag(): number | undefined {
    return this.#verifier.revocationLag
  }

  override get scopesSupported(): readonly string[] {
    return this.#scopesSupported ?? this.#verifier.scopesSupported ?? this.requiredScopes
  }

  /** Those of the verifier. `scopesSupported` may be fewer: metadata need not name all scopes (RFC 9728 section 2). */
  override get grantableScopes(): readonly string[] | undefined {
    return this.verifyToken === verifyToken ? this.#verifier.grantableScopes : undefined
  }

  override getChallengeScopes(required: readonly string[] = baseScopes(this)): readonly string[] {
    const isBaseline = required.join(' ') === baseScopes(this).join(' ')
    if (isBaseline && this.#challengeScopes !== undefined) return this.#challengeScopes
    return this.#verifier.getChallengeScopes?.(required) ?? required
  }

  override getResourceMetadataUrl(mcpPath?: string | null): string | undefined {
    const resource = this.getResourceUrl(mcpPath)
    return resource === undefined ? undefined : protectedResourceMetadataUrl(resource)
  }

  /** The metadata of the resource. Sets the MCP path if one is given. */
  override getRoutes(mcpPath?: string | null): Route[] {
    if (mcpPath !== undefined) this.setMcpPath(mcpPath)
    if (this.getResourceUrl(mcpPath) === undefined) {
      throw new TypeError('getRoutes needs the MCP path: pass it, or null for the root of "baseUrl"')
    }
    return protectedResourceRoutes(this, mcpPath, {
      authorizationServers: this.#authorizationServers,
      scopesSupported: this.scopesSupported,
      resourceName: this.#resourceName,
      resourceDocumentation: this.#resourceDocumentation,
    })
  }
}

const verifyToken = /* @__PURE__ */ asWritten(() => RemoteAuthProvider.prototype.verifyToken)
