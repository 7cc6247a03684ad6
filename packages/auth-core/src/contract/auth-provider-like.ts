import type { EventListener } from '../events/auth-event.js'
import type { Route } from '../http/route.js'
import type { ImpliesScope } from '../oauth/scope.js'
import type { AccessToken } from './access-token.js'

export interface VerifyTokenOptions {
  /** The resource that the token must be meant for: its expected audience (RFC 8707). */
  readonly resource?: string | undefined
  /**
   * For who asks several verifiers about one token: takes what one of them has to report of its refusal, to be called
   * once all have refused. Default: reported at once, as the event `token.rejected`.
   */
  readonly deferRejection?: ((report: () => void) => void) | undefined
  /**
   * Who hears what happens while the token is verified, unless the verifier was made with an `onEvent`. A verifier that
   * asks another one hands it on. Default: the console.
   */
  readonly onEvent?: EventListener | undefined
  /**
   * Takes the scopes that a token needs, just before the token is returned, from a provider with several sources that
   * require different ones: see `requiredScopesOfSources`.
   */
  readonly reportRequired?: ((scopes: readonly string[]) => void) | undefined
  /**
   * Takes what is left of a token, just before `null` is returned, from the provider whose own token it was: one that has
   * expired, or that it has revoked. No other source can accept it then, so none is asked, and an outage of another is
   * none for this token. A verifier must not call it for a token that might be another's.
   */
  readonly reportEnded?: ((ended: EndedToken) => void) | undefined
}

/** What a provider says of a token of its own that has ended. */
export interface EndedToken {
  /** Scopes that it had and that can still be granted: a challenge names them besides those that are required. */
  readonly scopes?: readonly string[] | undefined
}

/** A token that lacks scopes, as far as a gate knows it: with its claims, or as SDKs copy it. */
export interface ChallengedToken {
  readonly claims?: object | undefined
  readonly extra?: Readonly<Record<string, unknown>> | undefined
}

/**
 * What gates and adapters need of a provider. Parameters are typed with this, not with the class, so that any
 * object of the shape will do. `Claims` is what its tokens say, where it checks that.
 */
export interface AuthProviderLike<Claims extends object = Record<string, unknown>> {
  readonly baseUrl?: string | undefined
  readonly resourceBaseUrl?: string | undefined
  readonly requiredScopes: readonly string[]
  /**
   * Where tokens come from several sources that require different scopes: a list for each source, the first of them for
   * requests without a token. A token needs the list that `reportRequired` was told, and `requiredScopes` if it was told
   * none of these.
   */
  readonly requiredScopesOfSources?: readonly (readonly string[])[] | undefined
  /**
   * Where scopes include others in some of these sources and not in others: the `impliesScope` of each, in the order of
   * `requiredScopesOfSources`, each of whose lists is then an object of its own. It replaces `impliesScope` for the tokens
   * whose list `reportRequired` was told.
   */
  readonly impliesScopeOfSources?: readonly (ImpliesScope | undefined)[] | undefined
  /**
   * Every scope that its tokens can have, if it knows them all. Gates and `requireToolScopes` refuse to require others,
   * because nobody could be granted those.
   */
  readonly grantableScopes?: readonly string[] | undefined
  /** The scopes that clients may ask for. Default: `requiredScopes`. */
  readonly scopesSupported?: readonly string[] | undefined
  readonly resourceUrl?: string | undefined
  readonly mcpPaths?: readonly (string | null)[] | undefined
  readonly impliesScope?: ImpliesScope | undefined
  readonly clockTolerance?: number | undefined
  readonly revocationLag?: number | undefined
  /** Who hears of requests that its tokens come with, if it was told who listens. */
  readonly onEvent?: EventListener | undefined
  now?: (() => number) | undefined
  verifyToken(token: string, options?: VerifyTokenOptions): Promise<AccessToken<Claims> | null>
  getChallengeScopes?(required?: readonly string[]): readonly string[]
  /** Hears that a token of a request lacked scopes, just before the client is told with a 403. Never throws. */
  noteScopeChallenge?(accessToken: ChallengedToken): void
  setMcpPath?(mcpPath: string | null): void
  getResourceUrl?(mcpPath?: string | null): string | undefined
  getResourceMetadataUrl?(mcpPath?: string | null): string | undefined
}

/** An {@link AuthProviderLike} that also has routes to serve. */
export interface RoutedProvider<Claims extends object = Record<string, unknown>>
  extends AuthProviderLike<Claims> {
  setMcpPath(mcpPath: string | null): void
  getRoutes(mcpPath?: string | null): Route[]
  getWellKnownRoutes(mcpPath?: string | null): Route[]
  /** Fetches and checks the metadata document of a client. Rejects with what is wrong. */
  tryClientDocument?(clientId: string): Promise<unknown>
  /** Tells a provider that was made without `onEvent` who hears its events. The first one who says so does. */
  setEventListener?(listener: EventListener): void
}
