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
import type { ImpliesScope } from '../oauth/scope.js'
import { checkedOptions } from '../options/option-table.js'
import { joinUrl } from '../options/url.js'
import { systemClock } from '../runtime/clock.js'
import type { Middleware } from './middleware.js'
import { type AuthProviderOptions, providerOptionTable } from './provider-options.js'

/**
 * The base class of all providers: verifies bearer tokens, and may have routes.
 *
 * A provider is created before its MCP path is known. `getRoutes(path)` and `setMcpPath(path)` set the path.
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
   * @throws `TypeError` for invalid and unknown options. A subclass with options of its own must pass on only those of
   * `AuthProviderOptions`.
   */
  constructor(options: AuthProviderOptions = {}) {
    const checked = checkedOptions('AuthProvider', options, providerOptionTable(), { isSubclass: true })
    this.baseUrl = checked.baseUrl
    this.resourceBaseUrl = checked.resourceBaseUrl
    this.requiredScopes = Object.freeze([...new Set(checked.requiredScopes)])
    this.impliesScope = checked.impliesScope
    this.#onEvent = givenListener(checked.onEvent)
  }

  /** The listener of the options, which never throws. `undefined` without one. */
  get onEvent(): EventListener | undefined {
    return this.#onEvent
  }

  /**
   * Returns who hears what happens while a token is verified: the listener of the options, otherwise that of the caller,
   * otherwise that of what this provider consists of, otherwise the console.
   */
  protected listenerFor({ onEvent: caller }: Pick<VerifyTokenOptions, 'onEvent'> = {}): EventListener {
    return this.#onEvent ?? (caller === undefined ? (this.onEvent ?? this.#console) : safeListener(caller))
  }

  /**
   * Verifies a bearer token.
   *
   * Does **not** check `requiredScopes`: the gate responds 403 to a valid token that lacks scopes.
   *
   * A gate calls it for every request, so a class that overrides it decides each time. The verifiers of this library cache
   * what they verified. A verifier of your own that asks a server may do the same.
   *
   * @returns what the token says, or `null` if it is not valid for this resource.
   * @throws if it cannot be decided, for example because keys cannot be fetched. The gate then responds 503, never 401.
   */
  abstract verifyToken(token: string, options?: VerifyTokenOptions): Promise<AccessToken<Claims> | null>

  /**
   * Returns the time in seconds since the epoch, by the clock that its tokens expire by. The gate checks `expiresAt` once
   * more, so that no verifier can forget to.
   */
  now(): number {
    return systemClock()
  }

  /** Seconds that a token is accepted after its expiry, because clocks differ. At most 60. Default: 0. */
  get clockTolerance(): number {
    return 0
  }

  /**
   * Seconds within which a revocation is noticed. The gate verifies the tokens of open responses that often. `undefined` if
   * this provider does not notice revocations: then responses end when the token expires.
   */
  get revocationLag(): number | undefined {
    return undefined
  }

  /** The scopes in the metadata of the resource. */
  get scopesSupported(): readonly string[] {
    return this.requiredScopes
  }

  /** Every scope that its tokens can have. `undefined` if that is unknown, for example because others issue the tokens. */
  get grantableScopes(): readonly string[] | undefined {
    return undefined
  }

  /** The scopes of a challenge for an operation that needs only `requiredScopes`. */
  get challengeScopes(): readonly string[] {
    return this.getChallengeScopes()
  }

  /**
   * Returns the scopes of a challenge for an operation that needs `required`. They differ if tokens spell scopes
   * differently from authorization requests.
   */
  getChallengeScopes(required: readonly string[] = this.requiredScopes): readonly string[] {
    return required
  }

  /** The MCP paths of this provider, in the order in which they were set. */
  get mcpPaths(): readonly (string | null)[] {
    return this.#mcpPaths
  }

  /**
   * Sets the path of the MCP endpoint below `baseUrl`. `null` is the root. May be called for several paths: each is a
   * resource of its own, and the first is the default.
   */
  setMcpPath(mcpPath: string | null): void {
    const path = normalPath(mcpPath)
    if (!this.#mcpPaths.includes(path)) this.#mcpPaths.push(path)
  }

  /** Returns the identifier of the resource at an MCP path. Default: the first path that was set. */
  getResourceUrl(mcpPath?: string | null): string | undefined {
    const base = this.resourceBaseUrl ?? this.baseUrl
    const path = mcpPath === undefined ? this.#mcpPaths[0] : normalPath(mcpPath)
    return base === undefined || path === undefined ? undefined : joinUrl(base, path)
  }

  /** The identifier of the default resource. `undefined` before an MCP path is set. */
  get resourceUrl(): string | undefined {
    return this.getResourceUrl()
  }

  /** Returns the URL of the metadata of the resource. `undefined` if this provider serves none. */
  getResourceMetadataUrl(_mcpPath?: string | null): string | undefined {
    return undefined
  }

  /** Returns all routes of this provider, without the MCP endpoint. Sets the MCP path if one is given. */
  getRoutes(mcpPath?: string | null): Route[] {
    if (mcpPath !== undefined) this.setMcpPath(mcpPath)
    return []
  }

  /** Returns the routes of `getRoutes` that must be at the root of the origin: discovery (RFC 8615). */
  getWellKnownRoutes(mcpPath?: string | null): Route[] {
    return this.getRoutes(mcpPath).filter(({ path }) => path.startsWith('/.well-known/'))
  }

  /** Returns the gate as middleware over web requests, for applications without a framework. */
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

/** One spelling for each path, because two would be two resources: `mcp` is `/mcp`, and the root is `null`. */
function normalPath(mcpPath: string | null): string | null {
  const path = (mcpPath ?? '').replace(/^\/*/, '/')
  return path === '/' ? null : path
}
