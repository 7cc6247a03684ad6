import type { AccessToken } from './access-token.js'
import {
  AuthProvider,
  type AuthProviderLike,
  type AuthProviderOptions,
  providerOptionNames,
  providerOptions,
  type RoutedProvider,
  type VerifyTokenOptions,
} from './auth-provider.js'
import { type EventListener, reportFailure } from './events.js'
import type { Route } from './http/route.js'
import { outageOf } from './oauth-error.js'
import { isSubclass, type OptionNames, refuseUnknownOptions } from './option-names.js'
import { askProvider } from './token-verification/ask-provider.js'
import {
  asWritten,
  keepVerdicts,
  type VerdictMemory,
  verdictMemoryOf,
} from './token-verification/verdict-memory.js'

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
  /** The scopes that every request needs. Default: those of the sources, which must then agree. */
  readonly requiredScopes?: readonly string[] | undefined
}

const optionNames = {
  ...providerOptionNames,
  server: true,
  verifiers: true,
} as const satisfies OptionNames<MultiAuthOptions>

/**
 * Accepts tokens of several sources, for example of an authorization server for people and of a JWT issuer for
 * machines. The first source that accepts a token wins. Routes and metadata are the server's alone.
 *
 * A source that fails does not stop the others. If none accepts the token and one could not tell, that is an
 * outage: `verifyToken` rejects, and the client keeps its credentials. A rejection is
 * reported once for each source, and only if all of them refuse. `Claims` is what the tokens of any of them say.
 */
export class MultiAuth<Claims extends object = Record<string, unknown>> extends AuthProvider<Claims> {
  readonly #server: RoutedProvider<Claims> | undefined
  readonly #verifiers: readonly AuthProviderLike<Claims>[]
  /** In the order in which they are tried. */
  readonly #sources: readonly AuthProviderLike<Claims>[]
  /** What each of them remembers. */
  readonly #memories: readonly VerdictMemory<Claims>[]

  constructor(options: MultiAuthOptions<Claims>) {
    refuseUnknownOptions('MultiAuth', options, optionNames, { isSubclass: isSubclass(MultiAuth, new.target) })
    const { server } = options
    const verifiers = ([] as AuthProviderLike<Claims>[]).concat(options.verifiers ?? [])
    if (server === undefined && verifiers.length === 0) {
      throw new TypeError('MultiAuth needs at least a "server" or one of "verifiers"')
    }
    if (server !== undefined && (options.baseUrl ?? options.resourceBaseUrl) !== undefined) {
      // Two answers to "which resource is this" would make metadata and challenges disagree.
      throw new TypeError('"baseUrl" and "resourceBaseUrl" are those of "server": set them there')
    }
    super({
      ...providerOptions(options),
      baseUrl: server?.baseUrl ?? options.baseUrl,
      resourceBaseUrl: server?.resourceBaseUrl ?? options.resourceBaseUrl,
      requiredScopes:
        options.requiredScopes ?? commonScopes([...(server === undefined ? [] : [server]), ...verifiers]),
      impliesScope: options.impliesScope ?? spokesman(server, verifiers)?.impliesScope,
      dangerouslyAllowInsecureUrls: server !== undefined || options.dangerouslyAllowInsecureUrls,
    })
    this.#server = server
    this.#verifiers = verifiers
    this.#sources = server === undefined ? verifiers : [server, ...verifiers]
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
    for (const source of this.#sources) {
      try {
        const accessToken = await askProvider(source, token, { resource, onEvent, deferRejection })
        if (accessToken !== null) return accessToken
      } catch (cause) {
        failure = { cause }
        reportFailure(onEvent, cause)
      }
    }
    if (failure !== undefined) throw outageOf(failure.cause)
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
    for (const memory of this.#memories) {
      const accessToken = memory.recall(token, options)
      if (accessToken !== undefined) return accessToken
      if (!memory.isOurs()) return undefined
    }
    return undefined
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
    return super.onEvent ?? spokesman(this.#server, this.#verifiers)?.onEvent
  }

  /** For the server: verifiers are told who listens with each token. */
  setEventListener(listener: EventListener): void {
    this.#server?.setEventListener?.(super.onEvent ?? listener)
  }

  override get scopesSupported(): readonly string[] {
    return (
      (this.#server as { scopesSupported?: readonly string[] } | undefined)?.scopesSupported ??
      this.requiredScopes
    )
  }

  /** As the server spells them; without one, as the only verifier does. With several, nobody can know. */
  override getChallengeScopes(required: readonly string[] = this.requiredScopes): readonly string[] {
    return spokesman(this.#server, this.#verifiers)?.getChallengeScopes?.(required) ?? required
  }

  override get mcpPaths(): readonly (string | null)[] {
    return this.#server?.mcpPaths ?? super.mcpPaths
  }

  override setMcpPath(mcpPath: string | null): void {
    super.setMcpPath(mcpPath)
    this.#server?.setMcpPath(mcpPath)
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

/**
 * What every source requires. None of it may get lost: nobody but the gate checks scopes, and it reads them here.
 *
 * @throws `TypeError` if the sources disagree: then no answer would be right for all of their tokens.
 */
function commonScopes(sources: readonly AuthProviderLike<object>[]): readonly string[] {
  const demands = sources.map(({ requiredScopes }) => requiredScopes).filter((scopes) => scopes.length > 0)
  const [first = []] = demands
  if (
    demands.some((scopes) => scopes.length !== first.length || scopes.some((scope) => !first.includes(scope)))
  ) {
    throw new TypeError(
      'The sources require different scopes: say with "requiredScopes" which every token must have',
    )
  }
  return first
}
