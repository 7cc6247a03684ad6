import type { AccessToken } from '../contract/access-token.js'
import type {
  AuthProviderLike,
  ChallengedToken,
  RoutedProvider,
  VerifyTokenOptions,
} from '../contract/auth-provider-like.js'
import {
  areSameScopes,
  baseScopes,
  requiredOfEach,
  rulesOfEach,
  type SourceRules,
  sharedImpliesScope,
  unionOf,
} from '../contract/required-scopes.js'
import { asWritten, keepVerdicts, type VerdictMemory, verdictMemoryOf } from '../contract/verdict-memory.js'
import type { EventListener } from '../events/auth-event.js'
import { listenerIn, reportFailure } from '../events/listener.js'
import { askProvider, type Verdict } from '../gate/verdict/ask-provider.js'
import type { Route } from '../http/route.js'
import { outageOf } from '../oauth/oauth-error.js'
import type { ImpliesScope } from '../oauth/scope.js'
import { checkRoutedProvider, checkSource } from '../options/provider-argument.js'
import { isSubclass, type OptionNames, refuseUnknownOptions } from '../options/unknown-options.js'
import {
  AuthProvider,
  type AuthProviderOptions,
  providerOptions,
  providerOptionTable,
} from './auth-provider.js'

export interface MultiAuthOptions<Claims extends object = Record<string, unknown>>
  extends AuthProviderOptions {
  /** The provider that owns all routes and metadata. Its tokens are tried first. */
  readonly server?: RoutedProvider<Claims> | undefined
  /**
   * Further sources of good tokens, tried in this order. Put one that asks another server (introspection) last: until a
   * source accepts a token, the next is shown it, and that server would see the good tokens of the others. Set its
   * `issuer`, too: then it is not sent the JWTs of other issuers, which nobody here may be able to verify at the moment.
   * It is still sent opaque tokens, whoever they are of.
   */
  readonly verifiers?: AuthProviderLike<Claims> | readonly AuthProviderLike<Claims>[] | undefined
  /**
   * The scopes that every request needs, whoever issued its token. Default: each source's tokens need what the source
   * requires, or what `server` requires if the source requires nothing.
   */
  readonly requiredScopes?: readonly string[] | undefined
  /**
   * Whether a granted scope includes a required one, whoever issued the token. Default: for each source's tokens, what the
   * `impliesScope` of that source says. What `server` says counts for its own tokens alone.
   */
  readonly impliesScope?: ImpliesScope | undefined
}

const optionNames = {
  ...providerOptionTable(),
  server: true,
  verifiers: true,
} as const satisfies OptionNames<MultiAuthOptions>

/**
 * Accepts tokens of several sources, for example of an authorization server for people and of a JWT issuer for
 * machines. The first source that accepts a token wins. Routes and metadata are the server's alone.
 *
 * A source that fails does not stop the others. If none accepts the token and one could not tell, that is an
 * outage: `verifyToken` rejects, and the client keeps its credentials. A rejection is
 * reported once for each source, and only if all of them refuse. A source whose own token has expired or was revoked
 * settles the matter: no other is asked, and an outage of another does not count.
 *
 * Unless `requiredScopes` is set here, the tokens of each source need what that source requires, and `requiredScopes` of
 * this object is all of that together: what a token needs if its source is not known, for example in a gate of the SDK. A
 * request without a token is told to get what the first source requires. Likewise, unless `impliesScope` is set here, that
 * of each source counts for its own tokens.
 *
 * `Claims` is what the tokens of any of them say.
 *
 * @example
 * ```ts
 * const verifiers = new ApiKeyVerifier({ requiredScopes: ['notes:read'] })
 * export const auth = new MultiAuth({ server, verifiers })
 * ```
 */
export class MultiAuth<Claims extends object = Record<string, unknown>> extends AuthProvider<Claims> {
  readonly #server: RoutedProvider<Claims> | undefined
  readonly #verifiers: readonly AuthProviderLike<Claims>[]
  /** In the order in which they are tried. */
  readonly #sources: readonly AuthProviderLike<Claims>[]
  /** What each of them requires, if that differs. */
  readonly #requiredOfEach: readonly (readonly string[])[] | undefined
  /** What the tokens of each of them need, if that differs. */
  readonly #rules: readonly (readonly SourceRules[])[] | undefined
  readonly requiredScopesOfSources: readonly (readonly string[])[] | undefined
  readonly impliesScopeOfSources: readonly (ImpliesScope | undefined)[] | undefined
  /** What each of them remembers. */
  readonly #memories: readonly VerdictMemory<Claims>[]

  constructor(options: MultiAuthOptions<Claims>) {
    refuseUnknownOptions('MultiAuth', options, optionNames, { isSubclass: isSubclass(MultiAuth, new.target) })
    const { server } = options
    const verifiers = ([] as AuthProviderLike<Claims>[]).concat(options.verifiers ?? [])
    if (server === undefined && verifiers.length === 0) {
      throw new TypeError('MultiAuth needs at least a "server" or one of "verifiers"')
    }
    for (const verifier of verifiers) checkSource('MultiAuth: each of "verifiers"', verifier)
    if (server !== undefined) {
      checkSource('MultiAuth: "server"', server)
      checkRoutedProvider({ name: 'MultiAuth', call: 'new MultiAuth({ server: auth, verifiers })' }, server)
    }
    if (server !== undefined && (options.baseUrl ?? options.resourceBaseUrl) !== undefined) {
      // Two answers to "which resource is this" would make metadata and challenges disagree.
      throw new TypeError('"baseUrl" and "resourceBaseUrl" are those of "server": set them there')
    }
    const sources = server === undefined ? verifiers : [server, ...verifiers]
    const requiredOfSources = requiredOfEach(server, sources)
    super({
      ...providerOptions(options),
      baseUrl: server?.baseUrl ?? options.baseUrl,
      resourceBaseUrl: server?.resourceBaseUrl ?? options.resourceBaseUrl,
      requiredScopes: options.requiredScopes ?? unionOf(requiredOfSources),
      impliesScope: options.impliesScope ?? sharedImpliesScope(sources),
      dangerouslyAllowInsecureUrls: server !== undefined || options.dangerouslyAllowInsecureUrls,
    })
    this.#server = server
    this.#verifiers = verifiers
    this.#sources = sources
    const rules = rulesOfEach(server, sources, {
      ...(options.requiredScopes === undefined ? {} : { requiredScopes: this.requiredScopes }),
      ...(options.impliesScope === undefined ? {} : { impliesScope: options.impliesScope }),
    })
    const each = rules.flat()
    const requireTheSame = each.every(({ required }) => areSameScopes(required, this.requiredScopes))
    const implyTheSame = each.every(({ impliesScope }) => impliesScope === this.impliesScope)
    const isOne = requireTheSame && implyTheSame
    this.requiredScopesOfSources = isOne ? undefined : each.map(({ required }) => required)
    this.impliesScopeOfSources = implyTheSame ? undefined : each.map(({ impliesScope }) => impliesScope)
    this.#rules = isOne ? undefined : rules
    this.#requiredOfEach = requireTheSame ? undefined : requiredOfSources
    this.#memories = this.#sources.map((source) => verdictMemoryOf(source))
    keepVerdicts(this, verifyToken, (token, asked) => this.#recall(token, asked), this.#memories)
    if (super.onEvent !== undefined) server?.setEventListener?.(super.onEvent)
  }

  override async verifyToken(
    token: string,
    options: VerifyTokenOptions = {},
  ): Promise<AccessToken<Claims> | null> {
    const resource = options.resource ?? this.resourceUrl
    const rejections: (() => void)[] = []
    const deferRejection = (report: () => void) => void rejections.push(report)
    const onEvent = this.listenerFor(options)
    let failure: { readonly cause: unknown } | undefined
    let hasEnded = false
    for (const [i, source] of this.#sources.entries()) {
      let verdict: Verdict<Claims>
      try {
        verdict = await askProvider(source, token, { resource, onEvent, deferRejection })
      } catch (cause) {
        failure = { cause }
        reportFailure(onEvent, cause)
        continue
      }
      if (verdict.accessToken !== null) {
        this.#reportRequired(i, verdict.required, options)
        return verdict.accessToken
      }
      if (verdict.ended !== undefined) {
        // What it could do is for its own authorization server to grant again.
        options.reportEnded?.(source === spokesman(this.#server, this.#verifiers) ? verdict.ended : {})
        hasEnded = true
        break
      }
    }
    if (failure !== undefined && !hasEnded) throw outageOf(failure.cause)
    // Only now: what one source refuses may be another's good token.
    for (const report of rejections) {
      if (options.deferRejection === undefined) report()
      else options.deferRejection(report)
    }
    return null
  }

  /** A source that is not ours may accept by now what it refused before, and those after it are not asked then. */
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

  /** For a source that reports itself what its token needs: nothing new, where it is needed here as it is reported. */
  #translated(i: number, options: VerifyTokenOptions): VerifyTokenOptions {
    if (this.#rules?.[i]?.every(({ required, reported }) => required === reported) === true) return options
    return { ...options, reportRequired: (said) => this.#reportRequired(i, said, options) }
  }

  /** @param said What the source says that its token needs: it knows if it has sources itself. */
  #reportRequired(
    i: number,
    said: readonly string[] | undefined,
    { reportRequired }: VerifyTokenOptions,
  ): void {
    if (reportRequired === undefined || this.#rules === undefined) return
    for (const { required, reported } of this.#rules[i] ?? []) {
      if (reported === undefined || reported === said) {
        reportRequired(required)
        return
      }
    }
  }

  /** The clock of the first source. */
  override now(): number {
    return this.#sources[0]?.now?.() ?? super.now()
  }

  /** The longest of all sources: each has looked at its own tokens with its own. */
  override get clockTolerance(): number {
    return Math.max(...this.#sources.map(({ clockTolerance = 0 }) => clockTolerance))
  }

  /** The shortest of those sources that have one: which of them a token is of, nobody has written down. */
  override get revocationLag(): number | undefined {
    const lags = this.#sources.flatMap(({ revocationLag }) => revocationLag ?? [])
    return lags.length === 0 ? undefined : Math.min(...lags)
  }

  /** The listener of the options, or that of the server; without one, that of the only verifier. */
  override get onEvent(): EventListener | undefined {
    return super.onEvent ?? listenerIn(spokesman(this.#server, this.#verifiers))
  }

  /** For the server, which knows its own tokens. */
  noteScopeChallenge(accessToken: ChallengedToken): void {
    this.#server?.noteScopeChallenge?.(accessToken)
  }

  /** For the server: verifiers are told who listens with each token. */
  setEventListener(listener: EventListener): void {
    this.#server?.setEventListener?.(super.onEvent ?? listener)
  }

  /** Those of the server; without one, those of all verifiers. */
  override get scopesSupported(): readonly string[] {
    if (this.#server !== undefined) return this.#server.scopesSupported ?? this.#server.requiredScopes
    return unionOf([
      this.requiredScopes,
      ...this.#verifiers.map(({ scopesSupported = [] }) => scopesSupported),
    ])
  }

  /** Those of all sources together, if each knows its own. */
  override get grantableScopes(): readonly string[] | undefined {
    const known = this.#sources.flatMap(({ grantableScopes }) =>
      grantableScopes === undefined ? [] : [grantableScopes],
    )
    const isComplete = this.verifyToken === verifyToken && known.length === this.#sources.length
    return isComplete ? unionOf(known) : undefined
  }

  /**
   * What one source requires is spelled as that source does. Everything else as the server does; without one, as the only
   * verifier does. With several, nobody can know.
   */
  override getChallengeScopes(required: readonly string[] = baseScopes(this)): readonly string[] {
    const i = this.#requiredOfEach?.findIndex((scopes) => areSameScopes(scopes, required)) ?? -1
    const source = this.#sources[i] ?? spokesman(this.#server, this.#verifiers)
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

/** The source that knows what scopes mean: the server, or the only verifier. Several verifiers may mean several things. */
function spokesman<Source>(server: Source | undefined, verifiers: readonly Source[]): Source | undefined {
  return server ?? (verifiers.length === 1 ? verifiers[0] : undefined)
}
