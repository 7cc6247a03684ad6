/**
 * Everything that an application needs: verification of tokens, the authorization server, stores, events.
 *
 * @packageDocumentation
 */

export { fetchPublic as ssrfSafeFetch } from '#fetch-public'
export type {
  PendingAuthorization,
  SignedIn,
  SignIn,
  SignInAnswer,
} from './authorization-server/authorization/sign-in.js'
export type { AuthenticatedClient } from './authorization-server/client-authentication/authenticate-client.js'
export type { ClientIdMetadataDocumentOptions } from './authorization-server/client-registry/documents/document-options.js'
export type { ClientIdMetadataDocument } from './authorization-server/client-registry/documents/pinned-documents.js'
export type {
  DynamicRegistrationOptions,
  InitialAccessTokenCheck,
} from './authorization-server/client-registry/initial-access-token.js'
export type { StaticClient } from './authorization-server/client-registry/static-clients.js'
export type { AllowedRedirectUri } from './authorization-server/clients/allowed-redirect-uris.js'
export type { ClientSecret, OAuthClient } from './authorization-server/clients/client.js'
export type { Destination } from './authorization-server/clients/redirect-destination.js'
export { OAuthProvider } from './authorization-server/oauth-provider.js'
export type { OAuthProviderOptions } from './authorization-server/options.js'
export { type Html, html, raw } from './authorization-server/pages/html.js'
export type {
  ConsentPage,
  ConsentRequest,
  ErrorPage,
  PageApplication,
  PageError,
} from './authorization-server/pages/page.js'
export {
  PrivateKeyJWTClientAuthenticator,
  type PrivateKeyJWTClientAuthenticatorOptions,
} from './authorization-server/private-key-jwt-client-authenticator.js'
export {
  type Limit,
  type MemoryRateLimitOptions,
  type MemoryRateLimits,
  memoryRateLimit,
} from './authorization-server/rate-limit/memory-rate-limit.js'
export type {
  ClientAddress,
  RateLimit,
  RateLimitAnswer,
  RateLimitedMoment,
} from './authorization-server/rate-limit/rate-limit.js'
export type { Lifetimes } from './authorization-server/records/lifetimes.js'
export type {
  AuthorizationServerHandle,
  AuthorizationServerProvider,
} from './authorization-server/server/server-handle.js'
export type { ExternalSigningKey } from './authorization-server/signing/external-signing-key.js'
export type { GivenSigningKey } from './authorization-server/signing/given-signing-keys.js'
export type { SigningAlgorithm } from './authorization-server/signing/signing-key.js'
export {
  type ClientAuthenticator,
  TokenHandler,
  type TokenHandlerOptions,
} from './authorization-server/token-handler.js'
export type { TokenSelection } from './authorization-server/tokens/revoke-tokens.js'
export type { ContinuedAuthorization, IsUserAllowed } from './authorization-server/tokens/still-authorized.js'
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
export {
  type CheckMountOptions,
  checkMount,
  type MountProblem,
  type MountReport,
} from './mounting/check-mount.js'
export type { MountOptions } from './mounting/mounted-paths.js'
export { type RouteHandler, type ToRouteOptions, toRoute } from './mounting/to-route.js'
export type { EndpointName } from './oauth/endpoint-names.js'
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
export { secretDigest } from './runtime/secret-digest.js'
export { type EncryptedStoreOptions, type EncryptionKey, encryptedStore } from './store/encrypted-store.js'
export { type MemoryStoreOptions, memoryStore } from './store/memory-store.js'
export type { Store } from './store/store.js'
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
