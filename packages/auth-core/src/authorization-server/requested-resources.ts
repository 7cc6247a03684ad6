import { OAuthError } from '../oauth-error.js'
import { isSameResource } from '../resource-identifier.js'
import type { AuthorizationServer } from './authorization-server.js'

/**
 * The resources that an authorization request asks for, in the server's own spelling.
 *
 * A request without `resource` means the only one there is: clients that found no metadata send none.
 *
 * @throws `invalid_target` for an unknown resource, or for none where there are several.
 * @see [RFC 8707 section 2.1](https://www.rfc-editor.org/rfc/rfc8707.html#section-2.1)
 */
export function requestedResources(
  requested: readonly string[],
  known: readonly string[],
): readonly string[] {
  if (requested.length === 0) {
    if (known.length === 1) return known
    throw new OAuthError(
      'invalid_target',
      'The parameter resource is missing: this server has several resources.',
    )
  }
  return [...new Set(requested.map((resource) => knownResource(resource, known)))]
}

/**
 * What of the resources that were authorized once is still served: the operator may have withdrawn some since, and
 * whatever is served there now is not what the user allowed. Empty if the authorization is for nothing any more.
 *
 * @throws `TypeError` while the server does not know of any resource: that is a mistake in how it was set up, and must not
 * cost clients what they were given.
 */
export function standingResources(
  { resources }: Pick<AuthorizationServer, 'resources'>,
  authorized: readonly string[],
): readonly string[] {
  const served = resources()
  if (served.length === 0)
    throw new TypeError('no resource is known yet: call setMcpPath or getRoutes, or set "resources"')
  return authorized.filter((resource) => served.some((one) => isSameResource(one, resource)))
}

/**
 * The one resource that an access token is for: the one that the token request names, or the only one that was
 * authorized.
 *
 * @throws `invalid_target` for several, or for one that was not authorized.
 * @see [RFC 8707 section 2.2](https://www.rfc-editor.org/rfc/rfc8707.html#section-2.2)
 */
export function resourceOfToken(requested: readonly string[], authorized: readonly string[]): string {
  const [resource, ...others] = requestedResources(requested, authorized)
  if (resource === undefined || others.length > 0) {
    throw new OAuthError(
      'invalid_target',
      'A token is issued for one resource: name one that was authorized.',
    )
  }
  return resource
}

function knownResource(requested: string, known: readonly string[]): string {
  const found = known.find((resource) => isSameResource(resource, requested))
  if (found === undefined) throw new OAuthError('invalid_target', 'The resource is not known here.')
  return found
}
