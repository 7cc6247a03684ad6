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
 * What every endpoint is given: the checked options of an `OAuthProvider`, and what it remembers. Nothing in it
 * changes while the server runs, but for the resources, which are known when the MCP paths are.
 */
export interface AuthorizationServer {
  /** The operator's exact string. */
  readonly issuer: string
  readonly pages: Pages
  /** Where endpoints are, from the origin's root. */
  readonly paths: Readonly<Record<EndpointName, string>>
  /** The public URLs of the endpoints. */
  readonly urls: Readonly<Record<EndpointName, string>>
  readonly scopesSupported: readonly string[]
  readonly defaultScopes: readonly string[]
  readonly scopeDescriptions: Readonly<Record<string, string>>
  readonly dynamicRegistration: boolean | DynamicRegistrationOptions
  /** The clients that the operator named, by their ids. */
  readonly staticClients: ReadonlyMap<string, ClientRecord>
  /** The grants that a client may use, by how the server came to know it. */
  readonly grantTypes: PermittedGrantTypes
  /** The redirect URIs that a client may have, by how the server came to know it. */
  readonly redirectUris: Readonly<Record<ClientOrigin, RedirectUriRules>>
  /** Seconds for which the secret of a registered client is valid; 0 for ever. */
  readonly clientSecretLifetime: number
  readonly serviceDocumentation: string | undefined
  readonly invalidGrantStatus: 400 | 401
  readonly lifetimes: Lifetimes
  readonly refreshGrace: number
  /** The grants whose next refresh is refused; `undefined` if none is. */
  readonly stepUps: StepUps | undefined
  readonly records: Records
  readonly accessTokenFormat: 'jwt' | 'opaque'
  readonly signingKeys: SigningKeys
  /** Access tokens that were verified here. Good for `revocationLag` seconds without asking the store again. */
  readonly verifiedTokens: VerifiedTokens<CachedAccessToken>
  readonly recentRevocations: RecentRevocations
  readonly revocationLag: number
  readonly signIn: SignIn
  readonly isUserAllowed: IsUserAllowed | undefined
  readonly now: Clock
  readonly emit: EventListener
  readonly rateLimit: RateLimit | undefined
  readonly clientAddress: ClientAddress | undefined
  /** The identifiers of the resources that tokens are issued for. */
  resources(): readonly string[]
  readonly findClient: FindClient
  /** The clients whose ids are URLs; `undefined` if there are none here. */
  readonly clientDocuments: ClientDocuments | undefined
  readonly clientKeys: ClientKeys
  /** Whether client assertions must be for the issuer, and not for the token endpoint. */
  readonly strictAudience: boolean
  /** For URLs that a client chose. `undefined` where nothing can be fetched from those safely. */
  readonly fetchPublic: Fetch | undefined
}
