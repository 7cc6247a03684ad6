import type { AccessToken } from '../contract/access-token.js'
import type { RoutedProvider, VerifyTokenOptions } from '../contract/auth-provider-like.js'
import type { EventListener } from '../events/auth-event.js'
import { defaultListener, givenListener, safeListener } from '../events/listener.js'
import { admitWebRequest } from '../gate/admit-web-request.js'
import { createBearerGate } from '../gate/create-bearer-gate.js'
import type { BearerGateOptions } from '../gate/gate-options.js'
import { protectedResponse } from '../gate/protected-response.js'
import { toWebResponse } from '../http/http-response.js'
import type { Route } from '../http/route.js'
import { withAuth } from '../mcp/request-context.js'
import { type ImpliesScope, scopeList } from '../oauth/scope.js'
import { checkedOptions, type OptionTable } from '../options/option-table.js'
import { anyFunction, flag, functionOrFalse, url, withDefault } from '../options/rows.js'
import { joinUrl } from '../options/url.js'
import { systemClock } from '../runtime/clock.js'

/** Passes a request on, with the token if one was verified. */
export type MiddlewareNext<Claims extends object = Record<string, unknown>> = (
  request: Request,
  accessToken?: AccessToken<Claims>,
) => Promise<Response>

/** Answers a web request itself, or passes it on to `next`. */
export type Middleware<Claims extends object = Record<string, unknown>> = (
  request: Request,
  next: MiddlewareNext<Claims>,
) => Promise<Response>

export interface AuthProviderOptions {
  /**
   * The public URL under which the application is reached, with its prefix if it has one. Of several providers at one
   * origin, each has a prefix of its own.
   */
  readonly baseUrl?: string | undefined
  /** The public URL of the protected resources, if it is not `baseUrl`. */
  readonly resourceBaseUrl?: string | undefined
  /** The scopes that every request to the resource needs. */
  readonly requiredScopes?: readonly string[] | undefined
  /**
   * Whether a granted scope includes a required one. Default: only itself. A challenge still names the required ones.
   */
  readonly impliesScope?: ImpliesScope | undefined
  /** Allows http URLs on other hosts than loopback: tokens travel in the clear. Never on a public network. */
  readonly dangerouslyAllowInsecureUrls?: boolean | undefined
  /**
   * Hears what operators must know and clients must not. It reaches the verifiers and gates of this provider that have
   * none of their own: each event is reported once. `false` for nobody.
   *
   * Default: `console.warn` prints outages and failures of the application's code, and outside production
   * (`NODE_ENV`) refused tokens and requests; a kind of event once in ten seconds.
   */
  readonly onEvent?: EventListener | false | undefined
}

/** The options that all providers share. */
export function providerOptionTable() {
  return {
    baseUrl: url(),
    resourceBaseUrl: url(),
    requiredScopes: withDefault<readonly string[]>(scopeList(), []),
    impliesScope: anyFunction(),
    dangerouslyAllowInsecureUrls: flag(),
    onEvent: functionOrFalse(),
  } satisfies OptionTable<AuthProviderOptions>
}

/** The options that all providers share, without those of a subclass: `AuthProvider` refuses what it does not know. */
export function providerOptions(options: AuthProviderOptions): AuthProviderOptions {
  const { baseUrl, resourceBaseUrl, requiredScopes, impliesScope, dangerouslyAllowInsecureUrls, onEvent } =
    options
  return { baseUrl, resourceBaseUrl, requiredScopes, impliesScope, dangerouslyAllowInsecureUrls, onEvent }
}

/**
 * Something that can tell whether a bearer token is good, and may have routes to serve. All providers extend it.
 *
 * A provider is made before its MCP path is known; `getRoutes(path)` and `setMcpPath(path)` tell it.
 */
export abstract class AuthProvider<Claims extends object = Record<string, unknown>>
  implements RoutedProvider<Claims>
{
  readonly baseUrl: string | undefined
  readonly resourceBaseUrl: string | undefined
  readonly requiredScopes: readonly string[]
  readonly impliesScope: ImpliesScope | undefined
  readonly #mcpPaths: (string | null)[] = []
  readonly #onEvent: EventListener | undefined
  readonly #console = defaultListener(() => this.now())

  /**
   * @throws `TypeError` for wrong options and for unknown ones: a subclass that has options of its own passes on those of
   * `AuthProviderOptions` alone.
   */
  constructor(options: AuthProviderOptions = {}) {
    const checked = checkedOptions('AuthProvider', options, providerOptionTable(), { isSubclass: true })
    this.baseUrl = checked.baseUrl
    this.resourceBaseUrl = checked.resourceBaseUrl
    this.requiredScopes = Object.freeze([...new Set(checked.requiredScopes)])
    this.impliesScope = checked.impliesScope
    this.#onEvent = givenListener(checked.onEvent)
  }

  /** The listener of the options. It never throws. `undefined` if there is none. */
  get onEvent(): EventListener | undefined {
    return this.#onEvent
  }

  /**
   * Who hears what happens while a token is verified: the listener of the options, or that of whoever asks, or that of
   * what this provider is made of, or the console.
   */
  protected listenerFor({ onEvent: asker }: Pick<VerifyTokenOptions, 'onEvent'> = {}): EventListener {
    return this.#onEvent ?? (asker === undefined ? (this.onEvent ?? this.#console) : safeListener(asker))
  }

  /**
   * Verifies a bearer token.
   *
   * Does **not** check `requiredScopes`: a token that is good and carries too little is the gate's 403, not a bad
   * token.
   *
   * A gate calls it for every request, so that a class that overrides it has the last word each time. The verifiers of
   * this library remember what they verified; a verifier of your own that asks somebody may do so in here.
   *
   * @returns what the token says, or `null` if it is not a good token for this resource.
   * @throws when it could not be found out, for example because keys cannot be fetched. Answer 503, never 401.
   */
  abstract verifyToken(token: string, options?: VerifyTokenOptions): Promise<AccessToken<Claims> | null>

  /**
   * Seconds since the epoch, by the clock that its tokens expire by. The gate looks at `expiresAt` once more, so that
   * no verifier can forget to.
   */
  now(): number {
    return systemClock()
  }

  /** Seconds for which a token is still accepted after its expiry, because clocks differ: 60 at most. By itself, none. */
  get clockTolerance(): number {
    return 0
  }

  /**
   * Seconds within which a revocation of its tokens is noticed: the tokens of responses that are still open are verified
   * again that often. `undefined` if this provider hears of no revocation, so that they end when the token expires.
   */
  get revocationLag(): number | undefined {
    return undefined
  }

  /** The scopes that metadata names. */
  get scopesSupported(): readonly string[] {
    return this.requiredScopes
  }

  /** Every scope that its tokens can have. By itself, a provider does not know: others may issue its tokens. */
  get grantableScopes(): readonly string[] | undefined {
    return undefined
  }

  /** The scopes that a challenge asks for when an operation needs nothing beyond `requiredScopes`. */
  get challengeScopes(): readonly string[] {
    return this.getChallengeScopes()
  }

  /**
   * The scopes to ask for in a challenge when `required` are needed. They differ where a token carries other
   * spellings than the authorization server wants to be asked for.
   */
  getChallengeScopes(required: readonly string[] = this.requiredScopes): readonly string[] {
    return required
  }

  /** The MCP paths that this provider was told of, in that order. */
  get mcpPaths(): readonly (string | null)[] {
    return this.#mcpPaths
  }

  /**
   * Tells the provider where the MCP endpoint is, below `baseUrl`; `null` is the root. May be called for several
   * paths: each is a resource of its own, and the first is the default.
   */
  setMcpPath(mcpPath: string | null): void {
    // One spelling, because two would be two resources: `mcp` is `/mcp`, and the root is `null`.
    const name = (mcpPath ?? '').replace(/^\/+/, '')
    const path = name === '' ? null : `/${name}`
    if (!this.#mcpPaths.includes(path)) this.#mcpPaths.push(path)
  }

  /** The identifier of the resource at an MCP path; at the default one if none is given. */
  getResourceUrl(mcpPath?: string | null): string | undefined {
    const base = this.resourceBaseUrl ?? this.baseUrl
    const path = mcpPath === undefined ? this.#mcpPaths[0] : normalPath(mcpPath)
    return base === undefined || path === undefined ? undefined : joinUrl(base, path)
  }

  /** The identifier of the default resource, or `undefined` if no MCP path was set. */
  get resourceUrl(): string | undefined {
    return this.getResourceUrl()
  }

  /** Where the metadata of the resource is served; `undefined` if this provider does not serve any. */
  getResourceMetadataUrl(_mcpPath?: string | null): string | undefined {
    return undefined
  }

  /**
   * Everything that this provider serves, without the MCP endpoint itself. Sets the MCP path if one is given.
   */
  getRoutes(mcpPath?: string | null): Route[] {
    if (mcpPath !== undefined) this.setMcpPath(mcpPath)
    return []
  }

  /** Those of `getRoutes` that must be reachable at the origin's root: discovery (RFC 8615). */
  getWellKnownRoutes(mcpPath?: string | null): Route[] {
    return this.getRoutes(mcpPath).filter(({ path }) => path.startsWith('/.well-known/'))
  }

  /** The gate as middleware over web requests, for applications without a framework. */
  getMiddleware(options: BearerGateOptions = {}): Middleware<Claims>[] {
    const gate = createBearerGate(this, options)
    return [
      async function requireBearerAuth(request, next) {
        const { accessToken, refusal } = await admitWebRequest(gate, request)
        if (refusal !== undefined) return toWebResponse(refusal)
        return protectedResponse(request, await withAuth(accessToken, () => next(request, accessToken)))
      },
    ]
  }
}

/** One spelling for each path, so that one resource is not two. */
function normalPath(mcpPath: string | null): string | null {
  const path = (mcpPath ?? '').replace(/^\/*/, '/')
  return path === '/' ? null : path
}
