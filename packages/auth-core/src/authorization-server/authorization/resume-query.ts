import type { AuthorizationRequest } from './authorization-request.js'

/**
 * The query of an authorization request that has been checked, with everything that it had left out: the redirect URI,
 * the scopes and the resources that it was understood to mean. So it means the same when it comes back, whatever the
 * client's metadata says by then, or is refused. Of a query that was made here, it makes the same again.
 */
export function resumedQuery({
  query,
  redirectUri,
  scopes,
  resources,
}: Pick<AuthorizationRequest, 'query' | 'redirectUri' | 'scopes' | 'resources'>): string {
  const parameters = new URLSearchParams(query)
  parameters.set('redirect_uri', redirectUri)
  // A scope that names none: left out, or empty, it would be the default.
  parameters.set('scope', scopes.join(' ') || ' ')
  parameters.delete('resource')
  for (const resource of resources) parameters.append('resource', resource)
  return parameters.toString()
}
