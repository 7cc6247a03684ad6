import type { EventListener } from '../../events/auth-event.js'
import type { EndpointName } from '../../oauth/endpoint-names.js'
import type { Fetch } from '../../outbound/fetch-json.js'
import type { Clock } from '../../runtime/clock.js'
import type { VerifiedTokens } from '../../token-verification/verified-tokens.js'
import type { SignIn } from '../authorization/sign-in.js'
import type { ClientKeys } from '../client-authentication/client-jwks-source.js'
import type { ClientDocuments } from '../client-registry/documents/document-clients.js'
import type { DynamicRegistrationOptions } from '../client-registry/initial-access-token.js'
import type { ClientOrigin, ClientRecord, FindClient } from '../clients/client.js'
import type { PermittedGrantTypes } from '../clients/permitted-grant-types.js'
import type { RedirectUriRules } from '../clients/redirect-uri-rules.js'
import type { Pages } from '../pages/pages.js'
import type { ClientAddress, RateLimit } from '../rate-limit/rate-limit.js'
import type { Lifetimes } from '../records/lifetimes.js'
import type { Records } from '../records/records.js'
import type { SigningKeys } from '../signing/signing-key.js'
import type { RecentRevocations } from '../tokens/recent-revocations.js'
import type { StepUps } from '../tokens/step-ups.js'
import type { IsUserAllowed } from '../tokens/still-authorized.js'
import type { CachedAccessToken } from '../tokens/verify-access-token.js'

/**
 * The checked options and the state of an `OAuthProvider`, for its endpoints. Constant while the server runs, except
 * the resources, which are complete when the MCP paths are set.
 */
export interface AuthorizationServer {
  /** The exact issuer identifier. */
  readonly issuer: string
  readonly pages: Pages
  /** The paths of the endpoints, from the origin's root. */
  readonly paths: Readonly<Record<EndpointName, string>>
  /** The public URLs of the endpoints. */
  readonly urls: Readonly<Record<EndpointName, string>>
  readonly scopesSupported: readonly string[]
  readonly defaultScopes: readonly string[]
  readonly scopeDescriptions: Readonly<Record<string, string>>
  readonly dynamicRegistration: boolean | DynamicRegistrationOptions
  /** The configured clients, by client ID. */
  readonly staticClients: ReadonlyMap<string, ClientRecord>
  /** The grant types that a client may have, by where it comes from. */
  readonly grantTypes: PermittedGrantTypes
  /** The redirect URIs that a client may have, by where it comes from. */
  readonly redirectUris: Readonly<Record<ClientOrigin, RedirectUriRules>>
  /** Seconds for which the secret of a registered client is valid. 0 means that it does not expire. */
  readonly clientSecretLifetime: number
  readonly serviceDocumentation: string | undefined
  readonly invalidGrantStatus: 400 | 401
  readonly lifetimes: Lifetimes
  readonly refreshGrace: number
  /** The grants whose next refresh is refused. `undefined` without `stepUpOnRefresh`. */
  readonly stepUps: StepUps | undefined
  readonly records: Records
  readonly accessTokenFormat: 'jwt' | 'opaque'
  readonly signingKeys: SigningKeys
  /** Verified access tokens. Each is valid for `revocationLag` seconds without reading the store. */
  readonly verifiedTokens: VerifiedTokens<CachedAccessToken>
  readonly recentRevocations: RecentRevocations
  readonly revocationLag: number
  readonly signIn: SignIn
  readonly isUserAllowed: IsUserAllowed | undefined
  readonly now: Clock
  readonly emit: EventListener
  readonly rateLimit: RateLimit | undefined
  readonly clientAddress: ClientAddress | undefined
  /** The resource identifiers that tokens are issued for. */
  resources(): readonly string[]
  readonly findClient: FindClient
  /** The clients with metadata documents. `undefined` if they are off. */
  readonly clientDocuments: ClientDocuments | undefined
  readonly clientKeys: ClientKeys
  /** Whether client assertions must name the issuer as audience, and not the token endpoint. */
  readonly strictAudience: boolean
  /** Fetches URLs that clients name. `undefined` where that is not safe. */
  readonly fetchPublic: Fetch | undefined
}
