/**
 * The part of the main entry point that a resource server needs: no authorization server, no zod.
 *
 * @packageDocumentation
 */

export { AccessToken, type AccessTokenFields } from './contract/access-token.js'
export type { AuthProviderLike, RoutedProvider, VerifyTokenOptions } from './contract/auth-provider-like.js'
export type { AuthEvent, EventListener, TokenRefusal } from './events/auth-event.js'
export { type EventLogger, logEvents } from './events/log-events.js'
export type { BearerGateOptions } from './gate/gate-options.js'
export { protectedResponse } from './gate/protected-response.js'
export type { AnonymousAccess } from './gate/request/anonymous-access.js'
export { requireBearerAuth } from './gate/require-bearer-auth.js'
export {
  type SdkScopeChallenge,
  type SdkScopeChallengeHandler,
  toSdkScopeChallenge,
} from './gate/sdk-scope-challenge.js'
export {
  type SdkErrorClasses,
  type SdkTokenVerifier,
  type SdkVerifierOptions,
  toSdkVerifier,
} from './gate/sdk-verifier.js'
export type { AllowedOrigins } from './http/allowed-origins.js'
export type { HttpRequest, RequestBody } from './http/http-request.js'
export type { HttpResponse } from './http/http-response.js'
export { dispatch, type Method, type Route } from './http/route.js'
export { accessTokenOf } from './mcp/auth-info.js'
export { type Caller, isSameCaller } from './mcp/same-caller.js'
export type { ToolScopes, ToolScopesOptions } from './mcp/tool-scopes.js'
export type { MountOptions } from './mounting/mounted-paths.js'
export { type RouteHandler, type ToRouteOptions, toRoute } from './mounting/to-route.js'
export { OAuthError, type OAuthErrorCode, type OAuthErrorOptions } from './oauth/oauth-error.js'
export type {
  ApplicationReason,
  AssertionRejection,
  ClientRejection,
  CodeRejection,
  ConsentRejection,
  DocumentFailure,
  FailureReason,
  Outage,
  RefreshRejection,
  RequestFailure,
  TokenRejection,
  UnavailableSource,
} from './oauth/reasons.js'
export type { ImpliesScope } from './oauth/scope.js'
export type { Fetch } from './outbound/fetch-json.js'
export { AuthProvider } from './providers/auth-provider.js'
export type { Middleware, MiddlewareNext } from './providers/middleware.js'
export { MultiAuth } from './providers/multi-auth.js'
export type { MultiAuthOptions } from './providers/multi-auth-options.js'
export type { AuthProviderOptions } from './providers/provider-options.js'
export { RemoteAuthProvider, type RemoteAuthProviderOptions } from './providers/remote-auth-provider.js'
export type { Clock } from './runtime/clock.js'
export {
  DebugTokenVerifier,
  type DebugTokenVerifierOptions,
} from './token-verification/debug-token-verifier.js'
export type { IntrospectionCredentials } from './token-verification/introspection/credentials.js'
export type { IntrospectionTokenVerifierOptions } from './token-verification/introspection-options.js'
export { IntrospectionTokenVerifier } from './token-verification/introspection-token-verifier.js'
export type { IssuerOfClaims } from './token-verification/jwt/accepted-issuers.js'
export type { Recipient } from './token-verification/jwt/audience.js'
export type { ClaimMapping, ClaimSource } from './token-verification/jwt/claim-mapping.js'
export type { ClaimsResult, ClaimsSchema } from './token-verification/jwt/claims-schema.js'
export { JWTVerifier } from './token-verification/jwt-verifier.js'
export type { JWTVerifierOptions } from './token-verification/jwt-verifier-options.js'
export type { JWTVerifierKeys } from './token-verification/keys/given-keys.js'
export {
  type StaticToken,
  StaticTokenVerifier,
  type StaticTokenVerifierOptions,
} from './token-verification/static-token-verifier.js'
export { TokenVerifier, type TokenVerifierOptions } from './token-verification/token-verifier.js'
