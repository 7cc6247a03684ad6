/** A checked authorization request, and what its query left out. */
export interface ResumableRequest {
  readonly query: string
  readonly redirectUri: string
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
}

/**
 * Returns the query of a checked authorization request with the redirect URI, scopes and resources that it left out. A
 * resumed request then means the same, whatever the client's metadata says by then, or is refused. Idempotent.
 */
export function resumeQuery({ query, redirectUri, scopes, resources }: ResumableRequest): string {
  const parameters = new URLSearchParams(query)
  parameters.set('redirect_uri', redirectUri)
  // A missing or empty scope would mean the default scopes.
  parameters.set('scope', scopes.join(' ') || ' ')
  parameters.delete('resource')
  for (const resource of resources) parameters.append('resource', resource)
  return parameters.toString()
}
