import { knownMethods, preflightRoute, type Route, redirectRoute } from '../http/route.js'
import { publishableScopes } from '../oauth/scope.js'
import { type OptionNames, refuseUnknownOptions } from '../options/unknown-options.js'
import { urlPath } from '../options/url.js'
import { metadataRoutes } from './metadata-routes.js'
import { wellKnownPath } from './well-known-path.js'

/** What the metadata of a protected resource says. Members without a value are left out. */
export interface ProtectedResource {
  /** The identifier of the resource, published as it is written. */
  readonly resource: string
  /** The issuers whose tokens the resource accepts, the preferred one first, each byte for byte. */
  readonly authorizationServers: readonly string[]
  readonly scopesSupported?: readonly string[] | undefined
  readonly resourceName?: string | undefined
  readonly resourceDocumentation?: string | undefined
}

const memberNames = {
  resource: true,
  authorizationServers: true,
  scopesSupported: true,
  resourceName: true,
  resourceDocumentation: true,
} as const satisfies OptionNames<ProtectedResource>

/** The document of RFC 9728 section 2. */
export interface ProtectedResourceMetadata {
  readonly resource: string
  readonly authorization_servers: readonly string[]
  readonly scopes_supported?: readonly string[]
  readonly bearer_methods_supported: readonly ['header']
  readonly resource_name?: string
  readonly resource_documentation?: string
}

/** @see [RFC 9728 section 2](https://www.rfc-editor.org/rfc/rfc9728.html#section-2) */
export function buildProtectedResourceMetadata(description: ProtectedResource): ProtectedResourceMetadata {
  refuseUnknownOptions('buildProtectedResourceMetadata', description, memberNames)
  const { resource, authorizationServers, resourceName, resourceDocumentation } = description
  const scopes = publishableScopes(description.scopesSupported ?? [])
  return {
    resource,
    authorization_servers: authorizationServers,
    ...(scopes.length === 0 ? {} : { scopes_supported: scopes }),
    bearer_methods_supported: ['header'],
    ...(resourceName === undefined ? {} : { resource_name: resourceName }),
    ...(resourceDocumentation === undefined ? {} : { resource_documentation: resourceDocumentation }),
  }
}

/** What has to be known of a provider to serve what belongs to its resources. */
interface ResourceOwner {
  readonly baseUrl?: string | undefined
  readonly resourceBaseUrl?: string | undefined
  readonly mcpPaths: readonly (string | null)[]
  getResourceUrl(mcpPath?: string | null): string | undefined
}

/**
 * What is served for the resource at an MCP path besides the MCP endpoint itself: its metadata, where RFC 9728
 * section 3.1 puts it, the preflight, which browsers ask for before they call, and the way there for clients that were
 * given its URL with a slash too many or too few. Nothing for no resource.
 */
export function protectedResourceRoutes(
  owner: ResourceOwner,
  mcpPath: string | null | undefined,
  description: Omit<ProtectedResource, 'resource'>,
): Route[] {
  const resource = owner.getResourceUrl(mcpPath)
  if (resource === undefined || owner.baseUrl === undefined) return []
  const paths = new Set([wellKnownPath('oauth-protected-resource', resource)])
  if (isAlone(owner)) paths.add('/.well-known/oauth-protected-resource')
  return [
    ...metadataRoutes([...paths], () => buildProtectedResourceMetadata({ ...description, resource })),
    ...mcpRoutes(resource, owner),
  ]
}

/**
 * Whether clients that try the origin's root may be told of the resource: if it is the only one. A base URL with a
 * path says that the origin has others.
 */
function isAlone({ baseUrl = '', resourceBaseUrl = baseUrl, mcpPaths }: ResourceOwner): boolean {
  return mcpPaths.length === 1 && urlPath(resourceBaseUrl) === ''
}

const mcpMethods = ['GET', 'POST', 'DELETE'] as const

/** Where the MCP endpoint is, which need not be where `baseUrl` leads. */
function mcpRoutes(resource: string, owner: ResourceOwner): Route[] {
  const path = urlPath(resource) || '/'
  const own = owner.mcpPaths.map((mcpPath) => urlPath(owner.getResourceUrl(mcpPath) ?? ''))
  const other = otherSpelling(path)
  // A provider may have a resource at each of the two.
  const isFree = other !== undefined && !own.includes(other)
  return [preflightRoute(path, mcpMethods), ...(isFree ? wayTo(resource, other) : [])]
}

/** The same path with or without a slash at its end. The root has no other spelling. */
function otherSpelling(path: string): string | undefined {
  if (path === '/') return undefined
  return path.endsWith('/') ? path.slice(0, -1) : `${path}/`
}

/**
 * Sends clients to the URL that the metadata names, with the method and the body (RFC 9110 section 15.4.9): some routers
 * take both spellings for one, and others do not.
 */
function wayTo(resource: string, from: string): Route[] {
  const methods = knownMethods.filter((method) => method !== 'OPTIONS')
  return [preflightRoute(from, mcpMethods), redirectRoute(from, methods, resource)]
}
