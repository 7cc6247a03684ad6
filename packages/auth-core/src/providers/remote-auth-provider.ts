import type { AccessToken } from '../contract/access-token.js'
import type { AuthProviderLike, VerifyTokenOptions } from '../contract/auth-provider-like.js'
import { baseScopes } from '../contract/required-scopes.js'
import { asWritten, keepVerdicts, verdictMemoryOf } from '../contract/verdict-memory.js'
import type { EventListener } from '../events/auth-event.js'
import { listenerIn } from '../events/listener.js'
import type { Route } from '../http/route.js'
import { protectedResourceRoutes } from '../metadata/protected-resource.js'
import { protectedResourceMetadataUrl } from '../metadata/well-known-path.js'
import { type ImpliesScope, scopeList } from '../oauth/scope.js'
import { checkedOptions, type Option, type OptionTable } from '../options/option-table.js'
import { checkSource } from '../options/provider-argument.js'
import { option, required, text, url, urlList } from '../options/rows.js'
import { isSubclass } from '../options/unknown-options.js'
import { AuthProvider } from './auth-provider.js'
import { type AuthProviderOptions, providerOptions, providerOptionTable } from './provider-options.js'

export interface RemoteAuthProviderOptions<Claims extends object = Record<string, unknown>>
  extends Omit<AuthProviderOptions, 'requiredScopes'> {
  readonly baseUrl: string
  /** Verifies the tokens. Its `requiredScopes` and the type of its claims become those of the provider. */
  readonly tokenVerifier: AuthProviderLike<Claims>
  /** The issuers that clients may get tokens from, preferred first. Each exactly as in its own metadata. */
  readonly authorizationServers: readonly string[]
  /**
   * The scopes in the metadata of the resource. Clients may request all of them. Default: those of `tokenVerifier`,
   * otherwise its `requiredScopes`.
   */
  readonly scopesSupported?: readonly string[] | undefined
  /** The scopes in challenges, if clients must spell them differently from `requiredScopes`. */
  readonly challengeScopes?: readonly string[] | undefined
  /** The name of the resource, for people. */
  readonly resourceName?: string | undefined
  /** The URL of a page for developers. */
  readonly resourceDocumentation?: string | undefined
}

/** Without `requiredScopes`: those of `tokenVerifier` apply. */
export function remoteAuthProviderOptionTable() {
  const { requiredScopes: _, ...shared } = providerOptionTable()
  return {
    ...shared,
    baseUrl: required(url()),
    tokenVerifier: option('be a verifier, such as a JWTVerifier', isObject),
    authorizationServers: required(issuers()),
    scopesSupported: scopeList(),
    challengeScopes: scopeList(),
    resourceName: text(),
    resourceDocumentation: text(),
  } satisfies OptionTable<RemoteAuthProviderOptions>
}

function issuers(): Option<never> {
  return {
    problem(value, given) {
      if (!Array.isArray(value) || value.length === 0) return 'be a list of issuers, at least one'
      return urlList().problem(value, given)
    },
  }
}

/**
 * Protects a resource whose tokens come from another authorization server.
 *
 * Verifies the tokens, and publishes in metadata where clients get them.
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
  /** The lists of `tokenVerifier`. */
  readonly requiredScopesOfSources: readonly (readonly string[])[] | undefined
  /** The functions of `tokenVerifier`, unless `impliesScope` is set here. */
  readonly impliesScopeOfSources: readonly (ImpliesScope | undefined)[] | undefined
  readonly #verifier: AuthProviderLike<Claims>
  readonly #authorizationServers: readonly string[]
  readonly #scopesSupported: readonly string[] | undefined
  readonly #challengeScopes: readonly string[] | undefined
  readonly #resourceName: string | undefined
  readonly #resourceDocumentation: string | undefined

  /**
   * @throws `TypeError` for invalid and unknown options. `requiredScopes` is one of them: set it on `tokenVerifier`.
   */
  constructor(options: RemoteAuthProviderOptions<Claims>) {
    const checked = checkedOptions('RemoteAuthProvider', options, remoteAuthProviderOptionTable(), {
      remedies: { requiredScopes: 'Set it on the "tokenVerifier".' },
      isSubclass: isSubclass(RemoteAuthProvider, new.target),
    })
    const { tokenVerifier, impliesScope } = checked
    checkSource('RemoteAuthProvider: "tokenVerifier"', tokenVerifier)
    super({
      ...providerOptions(checked),
      requiredScopes: tokenVerifier.requiredScopes,
      impliesScope: impliesScope ?? tokenVerifier.impliesScope,
    })
    this.#verifier = tokenVerifier
    this.#authorizationServers = [...checked.authorizationServers]
    this.requiredScopesOfSources = tokenVerifier.requiredScopesOfSources
    this.impliesScopeOfSources = impliesScope === undefined ? tokenVerifier.impliesScopeOfSources : undefined
    this.#scopesSupported = distinct(checked.scopesSupported)
    this.#challengeScopes = distinct(checked.challengeScopes)
    this.#resourceName = checked.resourceName
    this.#resourceDocumentation = checked.resourceDocumentation
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

  /** The listener of the options, otherwise that of the verifier. */
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

  /** The scopes of the verifier. Metadata need not name all of them (RFC 9728 section 2). */
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

  /** Returns the route of the metadata. Sets the MCP path if one is given. */
  override getRoutes(mcpPath?: string | null): Route[] {
    if (mcpPath !== undefined) this.setMcpPath(mcpPath)
    if (this.getResourceUrl(mcpPath) === undefined) {
      throw new TypeError(
        'RemoteAuthProvider: getRoutes must know the MCP path. Pass it, or null for the root of "baseUrl".',
      )
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

function distinct(scopes: readonly string[] | undefined): readonly string[] | undefined {
  return scopes === undefined ? undefined : Object.freeze([...new Set(scopes)])
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}
