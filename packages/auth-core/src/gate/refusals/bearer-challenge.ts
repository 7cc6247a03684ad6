import type { OAuthErrorCode } from '../../oauth/oauth-error.js'
import { publishableScopes } from '../../oauth/scope.js'

/** The parameters of a challenge. */
export interface BearerChallenge {
  /** The URL of the metadata of the resource (RFC 9728 section 5.1). */
  readonly resourceMetadataUrl?: string | undefined
  /** Every scope that the operation needs. `offline_access` is left out. */
  readonly scopes: readonly string[]
  readonly error?: OAuthErrorCode | undefined
  readonly description?: string | undefined
}

/**
 * Returns the value of a `WWW-Authenticate` header.
 *
 * Many clients search it with patterns and take the first match. So the parameters for clients come before the text for
 * people.
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

/** Replaces characters that need an escape in a quoted string, because many clients do not understand escapes. */
function quotable(text: string): string {
  return text.replaceAll(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, ' ')
}
