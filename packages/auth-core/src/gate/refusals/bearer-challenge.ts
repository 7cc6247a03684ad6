import type { OAuthErrorCode } from '../../oauth/oauth-error.js'
import { publishableScopes } from '../../oauth/scope.js'

export interface BearerChallenge {
  /** Where the metadata of the resource is (RFC 9728 section 5.1). */
  readonly resourceMetadataUrl?: string | undefined
  /** Every scope that the operation needs. `offline_access` is left out. */
  readonly scopes: readonly string[]
  readonly error?: OAuthErrorCode | undefined
  readonly description?: string | undefined
}

/**
 * The value of a `WWW-Authenticate` header. The order matters: clients look for the parameters with patterns that
 * take the first match, so what a client acts on comes before what people read.
 *
 * @see [RFC 6750 section 3](https://www.rfc-editor.org/rfc/rfc6750.html#section-3)
 */
export function bearerChallenge({
  resourceMetadataUrl,
  scopes,
  error,
  description,
}: BearerChallenge): string {
  const parameters = Object.entries({
    resource_metadata: resourceMetadataUrl,
    scope: publishableScopes(scopes).join(' '),
    error,
    error_description: description?.replaceAll('=', ' '),
  })
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name}="${quotable(value ?? '')}"`)
  return parameters.length === 0 ? 'Bearer' : `Bearer ${parameters.join(', ')}`
}

/** Clients do not understand escapes in a quoted string, so nothing that needs one is sent. */
function quotable(text: string): string {
  return text.replaceAll(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, ' ')
}
