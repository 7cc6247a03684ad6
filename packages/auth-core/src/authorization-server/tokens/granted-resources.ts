import { OAuthError } from '../../oauth/oauth-error.js'
import { isSameResource, isSpellingOf } from '../../oauth/resource-identifier.js'
import type { AuthorizationServer } from '../server/authorization-server.js'

/**
 * The resources that an authorization request asks for, in the server's own spelling.
 *
 * A request without `resource` means the only one there is: clients that found no metadata send none.
 *
 * @throws `invalid_target`, naming the resources, for an unknown one, or for none where there are several.
 * @see [RFC 8707 section 2.1](https://www.rfc-editor.org/rfc/rfc8707.html#section-2.1)
 */
export function requestedResources(
  requested: readonly string[],
  served: readonly string[],
): readonly string[] {
  return resourcesAmong(requested, served, served)
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
 * @param served All resources of the server.
 * @throws `invalid_target`, naming the authorized resources, for several, or for one that was not authorized.
 * @see [RFC 8707 section 2.2](https://www.rfc-editor.org/rfc/rfc8707.html#section-2.2)
 */
export function resourceOfToken(
  requested: readonly string[],
  authorized: readonly string[],
  served: readonly string[],
): string {
  const [resource, ...others] = resourcesAmong(requested, authorized, served)
  if (resource === undefined || others.length > 0) {
    throw invalidTarget('A token is issued for one resource.', authorized)
  }
  return resource
}

/** @param candidates Those of the served resources that the request may name. */
function resourcesAmong(
  requested: readonly string[],
  candidates: readonly string[],
  served: readonly string[],
): readonly string[] {
  if (requested.length === 0) {
    if (candidates.length === 1) return candidates
    throw invalidTarget('The parameter resource is missing.', candidates)
  }
  // Where there are several, another spelling of one may be the exact name of another.
  const isNamed = served.length === 1 ? isSpellingOf : isSameResource
  const found = requested.map((name) => {
    const resource = candidates.find((candidate) => isNamed(name, candidate))
    if (resource === undefined) throw invalidTarget('The resource is not known here.', candidates)
    return resource
  })
  return [...new Set(found)]
}

/** As many as fit into a redirect. */
const mostNamed = 5

/** Names what the client could send: resource identifiers are published anyway (RFC 9728). */
function invalidTarget(problem: string, candidates: readonly string[]): OAuthError {
  const named = candidates.slice(0, mostNamed).join(', ')
  const more = candidates.length > mostNamed ? `, and ${candidates.length - mostNamed} more` : ''
  const advice =
    candidates.length === 0 ? '' : ` Use ${candidates.length > 1 ? 'one of ' : ''}${named}${more}`
  return new OAuthError('invalid_target', `${problem}${advice}`)
}
