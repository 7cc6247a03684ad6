import { urlOrigin, urlPath } from '../options/url.js'

/**
 * Builds the path of a well-known document: the suffix is inserted before the path of the identifier.
 *
 * @see [RFC 8414 section 3.1](https://www.rfc-editor.org/rfc/rfc8414.html#section-3.1)
 * @see [RFC 9728 section 3.1](https://www.rfc-editor.org/rfc/rfc9728.html#section-3.1)
 */
export function wellKnownPath(
  suffix: 'oauth-authorization-server' | 'oauth-protected-resource',
  identifier: string,
): string {
  return `/.well-known/${suffix}${urlPath(identifier).replace(/\/$/, '')}`
}

/**
 * Builds the paths of the OpenID Connect document of an issuer. OpenID Connect Discovery appends the suffix to the issuer;
 * MCP clients also insert it before the issuer's path.
 *
 * @see [OpenID Connect Discovery section 4.1](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationRequest)
 * @see [MCP, Authorization Server Discovery](https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/authorization-server-discovery)
 */
export function openIdConfigurationPaths(issuer: string): string[] {
  const suffix = '/.well-known/openid-configuration'
  const path = urlPath(issuer).replace(/\/$/, '')
  return path === '' ? [suffix] : [suffix + path, path + suffix]
}

/** The URL of the metadata of a resource (RFC 9728 section 3.1). */
export function protectedResourceMetadataUrl(resource: string): string {
  return urlOrigin(resource) + wellKnownPath('oauth-protected-resource', resource)
}
