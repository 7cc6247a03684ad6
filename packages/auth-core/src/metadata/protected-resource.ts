import { knownMethods, preflightRoute, type Route, redirectRoute } from '../http/route.js'
import { publishableScopes } from '../oauth/scope.js'
import { type OptionNames, refuseUnknownOptions } from '../options/unknown-options.js'
import { urlPath } from '../options/url.js'
import { metadataRoutes } from './metadata-routes.js'
import { wellKnownPath } from './well-known-path.js'

/** The metadata of a protected resource. Members without a value are left out. */
export interface ProtectedResource {
  /** The identifier of the resource, published unchanged. */
  readonly resource: string
  /** The issuers whose tokens the resource accepts, the preferred one first. Published unchanged. */
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

/** The members of a provider that its resource routes need. */
interface ResourceOwner {
  readonly baseUrl?: string | undefined
  readonly resourceBaseUrl?: string | undefined
  readonly mcpPaths: readonly (string | null)[]
  getResourceUrl(mcpPath?: string | null): string | undefined
}

/**
 * Makes the routes of a resource besides its MCP endpoint: its metadata at the paths of RFC 9728 section 3.1, the CORS
 * preflight, and a redirect for clients whose URL has or lacks a trailing slash. None if there is no resource.
 */
export function protectedResourceRoutes(
  owner: ResourceOwner,
  mcpPath: string | null | undefined,
  description: Omit<ProtectedResource, 'resource'>,
): Route[] {
  const resource = owner.getResourceUrl(mcpPath)
  if (resource === undefined || owner.baseUrl === undefined) return []
  const paths = new Set([wellKnownPath('oauth-protected-resource', resource)])
  if (isOnlyResource(owner)) paths.add('/.well-known/oauth-protected-resource')
  return [
    ...metadataRoutes([...paths], () => buildProtectedResourceMetadata({ ...description, resource })),
    ...mcpRoutes(resource, owner),
  ]
}

/**
 * Whether the metadata is also served at the root of the origin: only if this is the only resource. A base URL with a path
 * means that the origin has others.
 */
function isOnlyResource({ baseUrl = '', resourceBaseUrl = baseUrl, mcpPaths }: ResourceOwner): boolean {
  return mcpPaths.length === 1 && urlPath(resourceBaseUrl) === ''
}

const mcpMethods = ['GET', 'POST', 'DELETE'] as const

/** Routes at the path of the MCP endpoint, which need not be below `baseUrl`. */
function mcpRoutes(resource: string, owner: ResourceOwner): Route[] {
  const path = urlPath(resource) || '/'
  const own = owner.mcpPaths.map((mcpPath) => urlPath(owner.getResourceUrl(mcpPath) ?? ''))
  const other = otherSpelling(path)
  // A provider may have a resource at each of the two paths.
  const isFree = other !== undefined && !own.includes(other)
  return [preflightRoute(path, mcpMethods), ...(isFree ? redirectTo(resource, other) : [])]
}

/** The same path with or without a trailing slash. The root has no other spelling. */
function otherSpelling(path: string): string | undefined {
  if (path === '/') return undefined
  return path.endsWith('/') ? path.slice(0, -1) : `${path}/`
}

/**
 * Redirects to the URL in the metadata, with the method and the body (RFC 9110 section 15.4.9): some routers treat both
 * spellings alike, and others do not.
 */
function redirectTo(resource: string, from: string): Route[] {
  const methods = knownMethods.filter((method) => method !== 'OPTIONS')
  return [preflightRoute(from, mcpMethods), redirectRoute(from, methods, resource)]
}
