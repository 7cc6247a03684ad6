import type { EventListener } from '../events/auth-event.js'
import type { Route } from '../http/route.js'
import type { ImpliesScope } from '../oauth/scope.js'
import type { AccessToken } from './access-token.js'

export interface VerifyTokenOptions {
  /** The expected audience of the token: a resource identifier (RFC 8707). */
  readonly resource?: string | undefined
  /**
   * Collects the report of a refusal, for a caller that asks several verifiers about one token and reports only if all of
   * them refuse. Default: the verifier emits `token.rejected` immediately.
   */
  readonly deferRejection?: ((report: () => void) => void) | undefined
  /**
   * Receives the events of the verification, unless the verifier has its own `onEvent`. A verifier that asks another one
   * passes it on. Default: the console.
   */
  readonly onEvent?: EventListener | undefined
  /**
   * Receives the scopes that the token needs, just before it is returned by a provider whose sources require different
   * scopes: see `requiredScopesOfSources`.
   */
  readonly reportRequired?: ((scopes: readonly string[]) => void) | undefined
  /**
   * Receives what is known of an expired or revoked token, just before `null` is returned by the provider that issued it.
   * No other source can accept that token, so none is asked, and their outages do not matter. A verifier must not call it
   * for a token that another source might accept.
   */
  readonly reportEnded?: ((ended: EndedToken) => void) | undefined
}

/** What a provider knows about its own token that has expired or was revoked. */
export interface EndedToken {
  /** The scopes that it had and that can still be granted. The challenge names them beside the required scopes. */
  readonly scopes?: readonly string[] | undefined
}

/** A token that lacks scopes: an `AccessToken`, or the copy that an SDK made of it. */
export interface ChallengedToken {
  readonly claims?: object | undefined
  readonly extra?: Readonly<Record<string, unknown>> | undefined
}

/**
 * What gates and adapters need from a provider. Parameters have this type, not the class, so that any object of this
 * shape works. `Claims` is the type of the claims, if the provider checks them.
 */
export interface AuthProviderLike<Claims extends object = Record<string, unknown>> {
  readonly baseUrl?: string | undefined
  readonly resourceBaseUrl?: string | undefined
  readonly requiredScopes: readonly string[]
  /**
   * The required scopes of each source, if sources require different ones. The first list is for requests without a token.
   * A token needs the list that was passed to `reportRequired`, or `requiredScopes` if none of these lists was.
   */
  readonly requiredScopesOfSources?: readonly (readonly string[])[] | undefined
  /**
   * The `impliesScope` of each source, if sources differ, in the order of `requiredScopesOfSources`, whose lists are then
   * distinct objects. It replaces `impliesScope` for tokens whose list was passed to `reportRequired`.
   */
  readonly impliesScopeOfSources?: readonly (ImpliesScope | undefined)[] | undefined
  /**
   * Every scope that its tokens can have, if the provider knows them all. Gates and `requireToolScopes` refuse to require
   * other scopes, because no token could ever have them.
   */
  readonly grantableScopes?: readonly string[] | undefined
  /** The scopes that clients may ask for. Default: `requiredScopes`. */
  readonly scopesSupported?: readonly string[] | undefined
  readonly resourceUrl?: string | undefined
  readonly mcpPaths?: readonly (string | null)[] | undefined
  readonly impliesScope?: ImpliesScope | undefined
  readonly clockTolerance?: number | undefined
  readonly revocationLag?: number | undefined
  /** Receives the events of requests that carry its tokens. `undefined` if no listener was set. */
  readonly onEvent?: EventListener | undefined
  now?: (() => number) | undefined
  verifyToken(token: string, options?: VerifyTokenOptions): Promise<AccessToken<Claims> | null>
  getChallengeScopes?(required?: readonly string[]): readonly string[]
  /** Called when a token lacks scopes, just before the client gets a 403. Never throws. */
  noteScopeChallenge?(accessToken: ChallengedToken): void
  setMcpPath?(mcpPath: string | null): void
  getResourceUrl?(mcpPath?: string | null): string | undefined
  getResourceMetadataUrl?(mcpPath?: string | null): string | undefined
}

/** An {@link AuthProviderLike} that also has routes to serve. */
export interface RoutedProvider<Claims extends object = Record<string, unknown>>
  extends AuthProviderLike<Claims> {
  /** The issuer of its tokens, if the provider is an authorization server. */
  readonly issuer?: string | undefined
  setMcpPath(mcpPath: string | null): void
  getRoutes(mcpPath?: string | null): Route[]
  getWellKnownRoutes(mcpPath?: string | null): Route[]
  /** Fetches and checks a client metadata document. Rejects with the error. */
  tryClientDocument?(clientId: string): Promise<unknown>
  /** Sets the listener of a provider that was created without `onEvent`. The first call wins. */
  setEventListener?(listener: EventListener): void
}
