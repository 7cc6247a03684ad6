import type { AccessToken } from '../access-token.js'
import type { AuthProviderLike } from '../auth-provider.js'
import { type Clock, systemClock } from '../clock.js'
import { corsHeaders } from '../http/cors.js'
import { errorResponse } from '../http/error-response.js'
import { type HttpResponse, noStoreEmpty, withHeaders } from '../http/http-response.js'
import { OAuthError, toOAuthError, unavailable } from '../oauth-error.js'
import { missingScopes } from '../scope.js'
import { bearerChallenge } from './bearer-challenge.js'
import { readBearerCredentials } from './bearer-credentials.js'

export interface BearerGateOptions {
  /** The scopes that every request needs. Default: the provider's `requiredScopes`. */
  readonly scopes?: readonly string[] | undefined
  /** The MCP path that the gate protects. Default: the one that the provider's routes were made for. */
  readonly mcpPath?: string | null | undefined
  readonly now?: Clock | undefined
}

/** Either the verified token, or the response to send instead of calling the handler. */
export type GateAnswer =
  | { readonly accessToken: AccessToken; readonly refusal?: undefined }
  | { readonly accessToken?: undefined; readonly refusal: HttpResponse }

/**
 * What every response of a protected resource carries, unless the application has set it already: pages of other
 * origins may read it (they bring the token, so nothing depends on cookies), and no cache mixes up users.
 */
export const protectedResponseHeaders = { ...corsHeaders, vary: 'Authorization' } as const

/** Decides whether a request may pass. Adapters put it in front of the MCP handler. */
export interface BearerGate {
  /**
   * Verifies the token of an `Authorization` header. Never rejects.
   *
   * Looks at nothing else: a token in the query or in a form is not a token (MCP, Token Requirements).
   */
  authenticate(authorization: string | undefined): Promise<GateAnswer>
  /** The 403 for a token that lacks scopes which this operation needs besides the gate's own; `undefined` if none. */
  refuseMissingScopes(
    accessToken: Pick<AccessToken, 'scopes'>,
    scopes: readonly string[],
  ): HttpResponse | undefined
}

/**
 * Makes the gate of a protected resource: 401 with a challenge for a missing or bad token, 403 with every scope of
 * the operation for one that carries too little, 503 when nobody could tell.
 *
 * @throws `TypeError` if the provider does not know yet which resource it protects.
 * @see [RFC 6750 section 3](https://www.rfc-editor.org/rfc/rfc6750.html#section-3)
 */
export function createBearerGate(provider: AuthProviderLike, options: BearerGateOptions = {}): BearerGate {
  const { now = systemClock } = options
  const resource = boundResource(provider, options.mcpPath)
  const required = options.scopes ?? provider.requiredScopes
  const resourceMetadataUrl = provider.getResourceMetadataUrl?.(options.mcpPath)
  const challengeScopes = (scopes: readonly string[]) => provider.getChallengeScopes?.(scopes) ?? scopes

  function refuse(code: 'invalid_request' | 'invalid_token', description: string): GateAnswer {
    const challenge = bearerChallenge({
      resourceMetadataUrl,
      scopes: challengeScopes(required),
      error: code,
      description,
    })
    return {
      refusal: withHeaders(errorResponse(new OAuthError(code, description, { challenge })), corsHeaders),
    }
  }

  /** No `error` here: a client without a token did nothing wrong (RFC 6750 section 3.1). */
  const withoutCredentials: GateAnswer = {
    refusal: noStoreEmpty(401, {
      ...corsHeaders,
      'www-authenticate': bearerChallenge({ resourceMetadataUrl, scopes: challengeScopes(required) }),
    }),
  }

  return {
    async authenticate(authorization) {
      const credentials = readBearerCredentials(authorization)
      if (credentials.kind === 'none') return withoutCredentials
      if (credentials.kind === 'malformed') return refuse(credentials.error, 'The bearer token is malformed.')

      let accessToken: AccessToken | null
      try {
        accessToken = await provider.verifyToken(credentials.token, { resource })
      } catch (error) {
        return { refusal: withHeaders(errorResponse(outage(error)), corsHeaders) }
      }
      if (accessToken === null || (accessToken.expiresAt ?? Number.POSITIVE_INFINITY) <= now()) {
        return refuse(
          'invalid_token',
          'The access token is invalid, expired or revoked. Get a new one and try again.',
        )
      }
      const refusal = this.refuseMissingScopes(accessToken, [])
      return refusal === undefined ? { accessToken } : { refusal }
    },

    refuseMissingScopes(accessToken, scopes) {
      const needed = [...new Set([...required, ...scopes])]
      if (missingScopes(accessToken.scopes, needed).length === 0) return undefined
      const description = 'The access token lacks a scope that this operation needs.'
      const challenge = bearerChallenge({
        resourceMetadataUrl,
        scopes: challengeScopes(needed),
        error: 'insufficient_scope',
        description,
      })
      const error = new OAuthError('insufficient_scope', description, { challenge })
      return withHeaders(errorResponse(error), corsHeaders)
    },
  }
}

/** A rejected verification means that nobody could tell, whatever was thrown: never 401. */
function outage(error: unknown): OAuthError {
  const known = toOAuthError(error)
  return known.code === 'temporarily_unavailable' ? known : unavailable('verification_failed', error)
}

/**
 * The resource that a gate protects. `undefined` for a verifier that stands alone and has its own audience.
 *
 * @throws `TypeError` if it cannot be known, naming the fix.
 */
function boundResource(provider: AuthProviderLike, mcpPath: string | null | undefined): string | undefined {
  if (mcpPath !== undefined) return provider.getResourceUrl?.(mcpPath)
  if ((provider.mcpPaths?.length ?? 0) > 1) {
    throw new TypeError('The provider serves several MCP paths: tell each gate its own with "mcpPath"')
  }
  const resource = provider.resourceUrl
  if (resource === undefined && (provider.resourceBaseUrl ?? provider.baseUrl) !== undefined) {
    throw new TypeError(
      'The provider does not know its MCP path yet: mount its routes before the gate, or give the gate "mcpPath"',
    )
  }
  return resource
}
