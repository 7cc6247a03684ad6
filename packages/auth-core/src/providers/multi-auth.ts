import type { AccessToken } from '../contract/access-token.js'
import type {
  AuthProviderLike,
  ChallengedToken,
  RoutedProvider,
  VerifyTokenOptions,
} from '../contract/auth-provider-like.js'
import { areSameScopes, baseScopes, unionOf } from '../contract/required-scopes.js'
import { asWritten, keepVerdicts, type VerdictMemory, verdictMemoryOf } from '../contract/verdict-memory.js'
import type { EventListener } from '../events/auth-event.js'
import { listenerIn } from '../events/listener.js'
import type { Route } from '../http/route.js'
import type { ImpliesScope } from '../oauth/scope.js'
import { isSubclass } from '../options/unknown-options.js'
import { askSources } from './ask-sources.js'
import { AuthProvider } from './auth-provider.js'
import { checkedMultiAuthOptions, type MultiAuthOptions } from './multi-auth-options.js'
import { providerOptions } from './provider-options.js'
import { combinedRules, requiredOfEach, type SourceRules, sharedImpliesScope } from './source-rules.js'

/**
 * Accepts tokens of several sources.
 *
 * For example, an authorization server issues tokens to people, and another issuer to machines. Sources are tried in order:
 * the first that accepts a token decides. Routes and metadata are those of `server`.
 *
 * A failing source does not stop the others. If none accepts the token and one has failed, `verifyToken` rejects, and the
 * client keeps its token. If a source says that its own token has expired or was revoked, the others are not asked, and
 * their outages do not count. Rejections are reported once for each source, and only if all sources reject the token.
 *
 * Without `requiredScopes`, tokens need what their source requires. The member `requiredScopes` is then the union, for
 * tokens whose source is unknown, for example in a gate of the SDK. Requests without a token are told to get what the first
 * source requires. Without `impliesScope`, that of the token's source applies.
 *
 * `Claims` is the type of the claims of all sources.
 *
 * @example
 * ```ts
 * const verifiers = new ApiKeyVerifier({ requiredScopes: ['notes:read'] })
 * export const auth = new MultiAuth({ server, verifiers })
 * ```
 */
export class MultiAuth<Claims extends object = Record<string, unknown>> extends AuthProvider<Claims> {
  readonly requiredScopesOfSources: readonly (readonly string[])[] | undefined
  readonly impliesScopeOfSources: readonly (ImpliesScope | undefined)[] | undefined
  readonly #server: RoutedProvider<Claims> | undefined
  readonly #verifiers: readonly AuthProviderLike<Claims>[]
  /** The server and the verifiers, in the order in which they are tried. */
  readonly #sources: readonly AuthProviderLike<Claims>[]
  /** The cached verdicts of each source. */
  readonly #memories: readonly VerdictMemory<Claims>[]
  readonly #rules: readonly (readonly SourceRules[])[] | undefined
  readonly #requiredOfEach: readonly (readonly string[])[] | undefined

  /** @throws `TypeError` for invalid and unknown options, and if there is no source. */
  constructor(options: MultiAuthOptions<Claims>) {
    const checked = checkedMultiAuthOptions(options, isSubclass(MultiAuth, new.target))
    const { server, verifiers, requiredScopes, impliesScope } = checked
    const sources = server === undefined ? verifiers : [server, ...verifiers]
    super({
      ...providerOptions(options),
      baseUrl: server?.baseUrl ?? options.baseUrl,
      resourceBaseUrl: server?.resourceBaseUrl ?? options.resourceBaseUrl,
      requiredScopes: requiredScopes ?? unionOf(requiredOfEach(server, sources)),
      impliesScope: impliesScope ?? sharedImpliesScope(sources),
      dangerouslyAllowInsecureUrls: server !== undefined || options.dangerouslyAllowInsecureUrls,
    })
    this.#server = server
    this.#verifiers = verifiers
    this.#sources = sources
    const all = {
      ...(requiredScopes === undefined ? {} : { requiredScopes: this.requiredScopes }),
      ...(impliesScope === undefined ? {} : { impliesScope }),
    }
    const combined = combinedRules(server, sources, all, this)
    this.requiredScopesOfSources = combined.requiredScopesOfSources
    this.impliesScopeOfSources = combined.impliesScopeOfSources
    this.#rules = combined.rules
    this.#requiredOfEach = combined.requiredOfEach
    this.#memories = sources.map((source) => verdictMemoryOf(source))
    keepVerdicts(this, verifyToken, (token, asked) => this.#recall(token, asked), this.#memories)
    if (super.onEvent !== undefined) server?.setEventListener?.(super.onEvent)
  }

  override async verifyToken(
    token: string,
    options: VerifyTokenOptions = {},
  ): Promise<AccessToken<Claims> | null> {
    const { accessToken, source, required, ended, rejections } = await askSources(this.#sources, token, {
      resource: options.resource ?? this.resourceUrl,
      onEvent: this.listenerFor(options),
    })
    if (accessToken !== null && source !== undefined) {
      this.#reportRequired(source, required, options)
      return accessToken
    }
    // Only the server can grant the former scopes of a token again.
    if (ended !== undefined && source !== undefined)
      options.reportEnded?.(this.#sources[source] === this.#scopeAuthority ? ended : {})
    for (const report of rejections) {
      if (options.deferRejection === undefined) report()
      else options.deferRejection(report)
    }
    return null
  }

  /** Stops at a source whose verdicts are not cached: it may accept a token by now, and then decides before later ones. */
  #recall(token: string, asked: VerifyTokenOptions): AccessToken<Claims> | undefined {
    const options = asked.resource === undefined ? { ...asked, resource: this.resourceUrl } : asked
    for (let i = 0; i < this.#sources.length; i += 1) {
      const hasSources = this.#rules?.[i]?.[0]?.reported !== undefined
      const accessToken = this.#memories[i]?.recall(
        token,
        hasSources ? this.#translated(i, options) : options,
      )
      if (accessToken !== undefined) {
        if (!hasSources) this.#reportRequired(i, undefined, options)
        return accessToken
      }
      if (this.#memories[i]?.isOurs() !== true) return undefined
    }
    return undefined
  }

  /** For a source that reports itself what its token needs. Creates nothing if the reports need no translation. */
  #translated(i: number, options: VerifyTokenOptions): VerifyTokenOptions {
    if (this.#rules?.[i]?.every(({ required, reported }) => required === reported) === true) return options
    return { ...options, reportRequired: (reported) => this.#reportRequired(i, reported, options) }
  }

  /** @param reported What the source has reported for its token, if it has several sources itself. */
  #reportRequired(
    i: number,
    reported: readonly string[] | undefined,
    { reportRequired }: VerifyTokenOptions,
  ): void {
    if (reportRequired === undefined || this.#rules === undefined) return
    for (const rule of this.#rules[i] ?? []) {
      if (rule.reported === undefined || rule.reported === reported) {
        reportRequired(rule.required)
        return
      }
    }
  }

  /** The source that knows what scopes mean: the server, or the only verifier. Several verifiers may disagree. */
  get #scopeAuthority(): AuthProviderLike<Claims> | undefined {
    return this.#server ?? (this.#verifiers.length === 1 ? this.#verifiers[0] : undefined)
  }

  /** The clock of the first source. */
  override now(): number {
    return this.#sources[0]?.now?.() ?? super.now()
  }

  /** The longest of all sources: each has checked its own tokens with its own. */
  override get clockTolerance(): number {
    return Math.max(...this.#sources.map(({ clockTolerance = 0 }) => clockTolerance))
  }

  /** The shortest of all sources that have one, because the source of a token is not recorded. */
  override get revocationLag(): number | undefined {
    const lags = this.#sources.flatMap(({ revocationLag }) => revocationLag ?? [])
    return lags.length === 0 ? undefined : Math.min(...lags)
  }

  /** The listener of the options, otherwise that of the server, otherwise that of the only verifier. */
  override get onEvent(): EventListener | undefined {
    return super.onEvent ?? listenerIn(this.#scopeAuthority)
  }

  /** Passed on to the server, which knows its own tokens. */
  noteScopeChallenge(accessToken: ChallengedToken): void {
    this.#server?.noteScopeChallenge?.(accessToken)
  }

  /** Passed on to the server. Verifiers get a listener with each token. */
  setEventListener(listener: EventListener): void {
    this.#server?.setEventListener?.(super.onEvent ?? listener)
  }

  /** The scopes of the server. Without one, those of all verifiers. */
  override get scopesSupported(): readonly string[] {
    if (this.#server !== undefined) return this.#server.scopesSupported ?? this.#server.requiredScopes
    return unionOf([
      this.requiredScopes,
      ...this.#verifiers.map(({ scopesSupported = [] }) => scopesSupported),
    ])
  }

  /** The union of all sources, if each of them knows its own. */
  override get grantableScopes(): readonly string[] | undefined {
    const known = this.#sources.flatMap(({ grantableScopes }) =>
      grantableScopes === undefined ? [] : [grantableScopes],
    )
    const isComplete = this.verifyToken === verifyToken && known.length === this.#sources.length
    return isComplete ? unionOf(known) : undefined
  }

  /**
   * Returns the scopes of one source as that source spells them, and all others as the server does. Without a server, the
   * only verifier spells them. Several verifiers may disagree, so then they stay as they are.
   */
  override getChallengeScopes(required: readonly string[] = baseScopes(this)): readonly string[] {
    const i = this.#requiredOfEach?.findIndex((scopes) => areSameScopes(scopes, required)) ?? -1
    const source = this.#sources[i] ?? this.#scopeAuthority
    return source?.getChallengeScopes?.(required) ?? required
  }

  override get mcpPaths(): readonly (string | null)[] {
    return this.#server?.mcpPaths ?? super.mcpPaths
  }

  override setMcpPath(mcpPath: string | null): void {
    super.setMcpPath(mcpPath)
    for (const source of this.#sources) source.setMcpPath?.(mcpPath)
  }

  override getResourceUrl(mcpPath?: string | null): string | undefined {
    return this.#server?.getResourceUrl?.(mcpPath) ?? super.getResourceUrl(mcpPath)
  }

  override getResourceMetadataUrl(mcpPath?: string | null): string | undefined {
    return this.#server?.getResourceMetadataUrl?.(mcpPath)
  }

  override getRoutes(mcpPath?: string | null): Route[] {
    if (mcpPath !== undefined) this.setMcpPath(mcpPath)
    return this.#server?.getRoutes(mcpPath) ?? []
  }

  override getWellKnownRoutes(mcpPath?: string | null): Route[] {
    if (mcpPath !== undefined) this.setMcpPath(mcpPath)
    return this.#server?.getWellKnownRoutes(mcpPath) ?? []
  }
}

const verifyToken = /* @__PURE__ */ asWritten(() => MultiAuth.prototype.verifyToken)
