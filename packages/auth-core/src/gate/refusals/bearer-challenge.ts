import type { AuthProviderLike, EndedToken } from '../../contract/auth-provider-like.js'
import { corsHeaders } from '../../http/cors.js'
import { errorResponse } from '../../http/error-response.js'
import { type HttpResponse, noStoreEmpty, withHeaders } from '../../http/http-response.js'
import { OAuthError, type OAuthErrorCode, outageOf } from '../../oauth/oauth-error.js'
import { publishableScopes } from '../../oauth/scope.js'

/** The responses of one gate to requests that may not pass. */
export interface Refusals {
  /** The 401 for a request without a token. It has no `error`, because the client did nothing wrong (RFC 6750 section 3.1). */
  withoutToken(scopes: readonly string[]): HttpResponse
  /** The 401 for a token that is invalid, expired or revoked. */
  invalidToken(ended?: EndedToken): HttpResponse
  /** The 400 or 401 for an `Authorization` header with more or less than one well-formed token. */
  malformedToken(error: 'invalid_request' | 'invalid_token'): HttpResponse
  /** The 400 for a form beside a valid token. */
  form(): HttpResponse
  /** The 403 for a token that lacks scopes. */
  insufficientScope(needed: readonly string[]): HttpResponse
  /** The 503 when it could not be decided. */
  outage(cause: unknown): HttpResponse
}

/** @param base The scopes that a request without a valid token is told to get. */
export function createRefusals(
  provider: Pick<AuthProviderLike, 'getChallengeScopes' | 'getResourceMetadataUrl'>,
  base: readonly string[],
  mcpPath: string | null | undefined,
): Refusals {
  const resourceMetadataUrl = provider.getResourceMetadataUrl?.(mcpPath)
  const challengeScopes = (scopes: readonly string[]) => provider.getChallengeScopes?.(scopes) ?? scopes

  function refuse(
    error: 'invalid_request' | 'invalid_token' | 'insufficient_scope',
    description: string,
    scopes: readonly string[] = base,
    more: readonly string[] = [],
  ): HttpResponse {
    const challenge = bearerChallenge({
      resourceMetadataUrl,
      scopes: [...new Set([...challengeScopes(scopes), ...more])],
      error,
      description,
    })
    return withHeaders(errorResponse(new OAuthError(error, description, { challenge })), corsHeaders)
  }

  return {
    withoutToken(scopes) {
      const challenge = bearerChallenge({ resourceMetadataUrl, scopes: challengeScopes(scopes) })
      return noStoreEmpty(401, { ...corsHeaders, 'www-authenticate': challenge })
    },
    invalidToken(ended) {
      const description = 'The access token is invalid, expired or revoked. Get a new one and try again.'
      // A client asks for exactly the scopes of the challenge. Without the former ones, it would lose them.
      return refuse('invalid_token', description, base, ended?.scopes)
    },
    malformedToken: (error) => refuse(error, 'The bearer token is malformed.'),
    form: () => refuse('invalid_request', 'A form can carry a second token. Send the body as JSON.'),
    insufficientScope: (needed) =>
      refuse('insufficient_scope', 'The access token lacks a scope that this operation needs.', needed),
    outage: (cause) => withHeaders(errorResponse(outageOf(cause)), corsHeaders),
  }
}

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
