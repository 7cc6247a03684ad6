import { joinUrl, urlPath } from '../configuration-url.js'
import { preflightRoute, type Route } from '../http/route.js'
import { publishableScopes } from '../scope.js'
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

/**
 * Serves the metadata of a resource where RFC 9728 section 3.1 puts it.
 *
 * @param only Whether it is the only resource of this server: then clients that try the root find it, too.
 */
export function protectedResourceRoutes(
  description: ProtectedResource,
  { only }: { only: boolean },
): Route[] {
  const paths = new Set([wellKnownPath('oauth-protected-resource', description.resource)])
  if (only) paths.add('/.well-known/oauth-protected-resource')
  return metadataRoutes([...paths], () => buildProtectedResourceMetadata(description))
}

/** The preflight of the MCP endpoint, which the application serves and browsers ask about first. */
export function mcpPreflightRoute(baseUrl: string, mcpPath: string | null): Route {
  return preflightRoute(joinUrl(urlPath(baseUrl), mcpPath).replace(/^(?!\/)/, '/'), ['GET', 'POST', 'DELETE'])
}
