import { urlOrigin, urlPath } from '../configuration-url.js'

/**
 * The path of a well-known document of an identifier: the suffix is inserted before the identifier's own path.
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

/** The URL of the metadata of a resource (RFC 9728 section 3.1). */
export function protectedResourceMetadataUrl(resource: string): string {
  return urlOrigin(resource) + wellKnownPath('oauth-protected-resource', resource)
}
