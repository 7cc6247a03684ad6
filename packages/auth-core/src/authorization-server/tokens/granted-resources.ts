import { OAuthError } from '../../oauth/oauth-error.js'
import { isSameResource, isSpellingOf } from '../../oauth/resource-identifier.js'

/**
 * Returns the resources that an authorization request asks for, in the server's own spelling. A request without
 * `resource` means the only resource of the server: clients that found no metadata send none.
 *
 * @throws `invalid_target`, naming the resources, for an unknown one, or for a missing one if the server has several.
 * @see [RFC 8707 section 2.1](https://www.rfc-editor.org/rfc/rfc8707.html#section-2.1)
 */
export function requestedResources(
  requested: readonly string[],
  served: readonly string[],
): readonly string[] {
  return resourcesAmong(requested, served, served)
}

/** The identifiers of the resources of the server. An `AuthorizationServer` has them. */
export interface ServedResources {
  resources(): readonly string[]
}

/**
 * Returns the authorized resources that the server still serves. The operator may have removed some.
 *
 * @throws `TypeError` if the server has no resource yet. This is a mistake in the setup, so clients keep their grants.
 */
export function stillServedResources(
  { resources }: ServedResources,
  authorized: readonly string[],
): readonly string[] {
  const served = resources()
  if (served.length === 0)
    throw new TypeError(
      'OAuthProvider: "resources" must be known first. Set it, or call setMcpPath or getRoutes.',
    )
  return authorized.filter((resource) => served.some((one) => isSameResource(one, resource)))
}

/**
 * Returns the resource that an access token is for: the one that the token request names, or the only authorized one.
 *
 * @param served All resources of the server.
 * @throws `invalid_target`, naming the authorized resources, for several or for an unauthorized one.
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

/** @param candidates The served resources that the request may name. */
function resourcesAmong(
  requested: readonly string[],
  candidates: readonly string[],
  served: readonly string[],
): readonly string[] {
  if (requested.length === 0) {
    if (candidates.length === 1) return candidates
    throw invalidTarget('The parameter resource is missing.', candidates)
  }
  // With several resources, another spelling of one may be the exact identifier of another.
  const isNamed = served.length === 1 ? isSpellingOf : isSameResource
  const found = requested.map((name) => {
    const resource = candidates.find((candidate) => isNamed(name, candidate))
    if (resource === undefined) throw invalidTarget('The resource is unknown.', candidates)
    return resource
  })
  return [...new Set(found)]
}

/** As many resources as fit into a redirect. */
const mostNamed = 5

/** Names what the client can send. Resource identifiers are public (RFC 9728). */
function invalidTarget(problem: string, candidates: readonly string[]): OAuthError {
  const named = candidates.slice(0, mostNamed).join(', ')
  const more = candidates.length > mostNamed ? `, and ${candidates.length - mostNamed} more` : ''
  const advice =
    candidates.length === 0 ? '' : ` Use ${candidates.length > 1 ? 'one of ' : ''}${named}${more}`
  return new OAuthError('invalid_target', `${problem}${advice}`)
}
