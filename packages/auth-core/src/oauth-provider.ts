import { AccessToken } from './access-token.js'
import { AuthProvider, type AuthProviderOptions, type VerifyTokenOptions } from './auth-provider.js'
import {
  type AuthorizationServer,
  type EndpointName,
  endpointNames,
  type Lifetimes,
} from './authorization-server/authorization-server.js'
import {
  type OwnAccessToken,
  type RememberedToken,
  recallOwnAccessToken,
  verifyOwnAccessToken,
} from './authorization-server/own-access-token.js'
import { RecentRevocations } from './authorization-server/recent-revocations.js'
import { openRecords } from './authorization-server/records.js'
import { authorizationServerRoutes } from './authorization-server/routes.js'
import type { SignIn } from './authorization-server/sign-in.js'
import { storedSigningKeys } from './authorization-server/signing-keys.js'
import { type Clock, systemClock } from './clock.js'
import { checkedUrl, joinUrl, urlPath } from './configuration-url.js'
import { type EventListener, safeListener } from './events.js'
import type { Route } from './http/route.js'
import { mcpPreflightRoute, protectedResourceRoutes } from './metadata/protected-resource.js'
import { protectedResourceMetadataUrl } from './metadata/well-known-path.js'
import { isSameResource } from './resource-identifier.js'
import { checkedScopes } from './scope.js'
import type { Store } from './storage/store.js'
import { VerifiedTokens } from './token-verification/verified-tokens.js'

export interface OAuthProviderOptions<Native = unknown> extends AuthProviderOptions {
  /** The public URL under which the application is reached, with its prefix if it has one. */
  readonly baseUrl: string
  /**
   * The issuer, if it is not `baseUrl`. Published and compared byte for byte: changing it, also by a slash, makes
   * every client register and sign in again.
   */
  readonly issuerUrl?: string | undefined
  /** Says who the user is. See {@link SignIn}. */
  readonly signIn: SignIn<Native>
  /** Remembers clients, codes, tokens and keys. `memoryStore()` forgets them when the process ends. */
  readonly store: Store
  /** What pages call the application. Default: the host of `baseUrl`. */
  readonly name?: string | undefined
  /** The scopes that clients may ask for. Default: `requiredScopes`. */
  readonly scopesSupported?: readonly string[] | undefined
  /** What a client gets that asks for no scope. Default: `requiredScopes`. */
  readonly defaultScopes?: readonly string[] | undefined
  /** What the consent page says of a scope, for example `{ 'notes:read': 'read your notes' }`. */
  readonly scopeDescriptions?: Readonly<Record<string, string>> | undefined
  /** The resources that tokens are issued for, if their servers are elsewhere. MCP paths are added to them. */
  readonly resources?: readonly string[] | undefined
  /** Whether clients may register themselves (RFC 7591). Most MCP clients of today need it. Default: false. */
  readonly dynamicRegistration?: boolean | undefined
  /** Private-use URI schemes that redirect URIs may have, for example `cursor`. Default: none. */
  readonly allowedRedirectSchemes?: readonly string[] | undefined
  /** The status of `invalid_grant`: 401 as FastMCP answers (default), or 400 as RFC 6749 says. */
  readonly invalidGrantStatus?: 400 | 401 | undefined
  /** Paths of endpoints below `baseUrl`, where the application needs the default ones itself. */
  readonly endpoints?: Readonly<Partial<Record<EndpointName, string>>> | undefined
  /** How long things live, in seconds. */
  readonly lifetimes?: Readonly<Partial<Lifetimes>> | undefined
  /**
   * Seconds after which a revocation by another process that shares the store is noticed here. This process's own
   * take effect at once. 0 asks the store at every request. Default: 10.
   */
  readonly revocationLag?: number | undefined
  readonly resourceName?: string | undefined
  readonly resourceDocumentation?: string | undefined
  readonly serviceDocumentation?: string | undefined
  readonly onEvent?: EventListener | undefined
  readonly now?: Clock | undefined
}

const defaultLifetimes: Lifetimes = {
  accessToken: 3600,
  authorizationCode: 60,
  refreshToken: 30 * 24 * 3600,
  consent: 600,
  unusedRegistration: 7 * 24 * 3600,
  registration: 365 * 24 * 3600,
}

/** RFC 6749 section 4.1.2 recommends ten minutes at most. */
const longestCodeLifetime = 600

/**
 * An authorization server and its resource server in one: metadata, registration, sign-in by the application's own
 * hook, consent, codes, tokens, refresh, revocation and introspection.
 *
 * @see [OAuth 2.1](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1)
 */
export class OAuthProvider<Native = unknown> extends AuthProvider {
  /** What the endpoints are given. For `TokenHandler`; nothing in it is for applications. */
  readonly authorizationServer: AuthorizationServer
  readonly #resourceName: string | undefined
  readonly #resourceDocumentation: string | undefined

  constructor(options: OAuthProviderOptions<Native>) {
    super(options)
    if (this.baseUrl === undefined) throw new TypeError('"baseUrl" is missing')
    this.#resourceName = options.resourceName
    this.#resourceDocumentation = options.resourceDocumentation
    this.authorizationServer = createAuthorizationServer(options, this.baseUrl, () => {
      const { resources = [] } = options
      const own = this.mcpPaths.map((mcpPath) => this.getResourceUrl(mcpPath) as string)
      // Each once: a request without `resource` means the only one there is.
      return [...resources, ...own.filter((one) => !resources.some((known) => isSameResource(known, one)))]
    })
  }

  /** The operator's exact issuer string. */
  get issuer(): string {
    return this.authorizationServer.issuer
  }

  override get scopesSupported(): readonly string[] {
    return this.authorizationServer.scopesSupported
  }

  override async verifyToken(token: string, options: VerifyTokenOptions = {}): Promise<AccessToken | null> {
    const resource = options.resource ?? this.resourceUrl
    if (resource === undefined) return null
    const server = this.authorizationServer
    const checkedAt = server.now()
    const verified = await verifyOwnAccessToken(server, token, [resource])
    if (verified === undefined) return null
    server.verifiedTokens.remember(token, resource, { ...verified, checkedAt })
    return toAccessToken(verified, token, resource)
  }

  override recallToken(token: string, options: VerifyTokenOptions = {}): AccessToken | undefined {
    const resource = options.resource ?? this.resourceUrl
    if (resource === undefined) return undefined
    const known = recallOwnAccessToken(this.authorizationServer, token, resource)
    return known === undefined ? undefined : toAccessToken(known, token, resource)
  }

  override getResourceMetadataUrl(mcpPath?: string | null): string | undefined {
    const resource = this.getResourceUrl(mcpPath)
    return resource === undefined ? undefined : protectedResourceMetadataUrl(resource)
  }

  /**
   * All endpoints, the metadata of the authorization server, and that of the resource if it is here. Sets the MCP
   * path if one is given.
   */
  override getRoutes(mcpPath?: string | null): Route[] {
    if (mcpPath !== undefined) this.setMcpPath(mcpPath)
    if (this.authorizationServer.resources().length === 0) {
      throw new TypeError(
        'getRoutes needs a resource: pass the MCP path (null for the root), or set "resources"',
      )
    }
    return [...authorizationServerRoutes(this.authorizationServer), ...this.#resourceRoutes(mcpPath)]
  }

  #resourceRoutes(mcpPath: string | null | undefined): Route[] {
    const resource = this.getResourceUrl(mcpPath)
    if (resource === undefined || this.baseUrl === undefined) return []
    const description = {
      resource,
      authorizationServers: [this.issuer],
      scopesSupported: this.scopesSupported,
      resourceName: this.#resourceName,
      resourceDocumentation: this.#resourceDocumentation,
    }
    // `null` is the root, and not the default.
    const path = mcpPath === undefined ? (this.mcpPaths[0] ?? null) : mcpPath
    return [
      ...protectedResourceRoutes(description, { only: this.mcpPaths.length === 1 }),
      mcpPreflightRoute(this.baseUrl, path),
    ]
  }
}

function toAccessToken(own: OwnAccessToken, token: string, resource: string): AccessToken {
  const { clientId, scopes, expiresAt, subject, claims } = own
  return new AccessToken({ token, clientId, scopes, expiresAt, resource, subject, claims })
}

function createAuthorizationServer<Native>(
  options: OAuthProviderOptions<Native>,
  baseUrl: string,
  resources: () => readonly string[],
): AuthorizationServer {
  const allowInsecure = options.dangerouslyAllowInsecureUrls ?? false
  const { invalidGrantStatus = 401, revocationLag = 10, now = systemClock } = options
  if (!(revocationLag >= 0)) throw new TypeError('"revocationLag" must be a number of seconds, 0 or more')
  if (typeof options.signIn !== 'function') throw new TypeError('"signIn" must be a function')
  if (typeof options.store?.compareAndSwap !== 'function') throw new TypeError('"store" must be a Store')
  if (invalidGrantStatus !== 400 && invalidGrantStatus !== 401) {
    throw new TypeError('"invalidGrantStatus" must be 400 or 401')
  }
  for (const resource of options.resources ?? []) checkedUrl('resources', resource, { allowInsecure })

  const requiredScopes = checkedScopes('requiredScopes', options.requiredScopes)
  const scopesSupported =
    options.scopesSupported === undefined
      ? requiredScopes
      : checkedScopes('scopesSupported', [...requiredScopes, ...options.scopesSupported])
  const issuer = checkedUrl('issuerUrl', options.issuerUrl ?? baseUrl, { allowInsecure })
  const records = openRecords(options.store, issuer, now)
  const paths = endpointPaths(baseUrl, options.endpoints ?? {})
  return Object.freeze({
    issuer,
    name: options.name ?? new URL(baseUrl).host,
    paths,
    urls: mapEndpoints((name) => new URL(paths[name], baseUrl).href),
    scopesSupported,
    defaultScopes:
      options.defaultScopes === undefined
        ? requiredScopes
        : checkedScopes('defaultScopes', options.defaultScopes),
    scopeDescriptions: { ...options.scopeDescriptions },
    dynamicRegistration: options.dynamicRegistration ?? false,
    allowedRedirectSchemes: checkedSchemes(options.allowedRedirectSchemes ?? []),
    serviceDocumentation: options.serviceDocumentation,
    invalidGrantStatus,
    lifetimes: checkedLifetimes({ ...defaultLifetimes, ...options.lifetimes }),
    records,
    signingKeys: storedSigningKeys(records.signingKeys, now),
    verifiedTokens: new VerifiedTokens<RememberedToken>(),
    recentRevocations: new RecentRevocations(revocationLag, now),
    revocationLag,
    signIn: options.signIn as SignIn,
    now,
    emit: safeListener(options.onEvent),
    resources,
    findClient: async (clientId: string) => (await records.clients.find(clientId))?.value,
  })
}

function endpointPaths(
  baseUrl: string,
  configured: Readonly<Partial<Record<EndpointName, string>>>,
): Record<EndpointName, string> {
  for (const [name, path] of Object.entries(configured)) {
    const isKnown = (endpointNames as readonly string[]).includes(name)
    if (!isKnown)
      throw new TypeError(`"endpoints.${name}" is not an endpoint: there are ${endpointNames.join(', ')}`)
    if (!/^\/?[\w\-.~][\w\-.~/]*$/.test(path ?? name)) {
      throw new TypeError(`"endpoints.${name}" must be a path of letters, digits and -._~`)
    }
  }
  const paths = mapEndpoints((name) =>
    joinUrl(urlPath(baseUrl), configured[name] ?? name).replace(/^(?!\/)/, '/'),
  )
  if (new Set(Object.values(paths)).size < endpointNames.length) {
    throw new TypeError('"endpoints" must name a path of its own for each endpoint')
  }
  return paths
}

function mapEndpoints(value: (name: EndpointName) => string): Record<EndpointName, string> {
  return Object.fromEntries(endpointNames.map((name) => [name, value(name)])) as Record<EndpointName, string>
}

function checkedSchemes(schemes: readonly string[]): readonly string[] {
  const bad = schemes.find((scheme) => !/^[a-z][a-z0-9+.-]*$/.test(scheme))
  if (bad !== undefined)
    throw new TypeError('"allowedRedirectSchemes" must be schemes in lower case, without ":"')
  return [...schemes]
}

function checkedLifetimes(lifetimes: Lifetimes): Lifetimes {
  for (const [name, seconds] of Object.entries(lifetimes)) {
    if (!Number.isInteger(seconds) || seconds < 1) {
      throw new TypeError(`"lifetimes.${name}" must be a whole number of seconds, at least 1`)
    }
  }
  if (lifetimes.authorizationCode > longestCodeLifetime) {
    throw new TypeError(`"lifetimes.authorizationCode" must be at most ${longestCodeLifetime} seconds`)
  }
  return lifetimes
}
