import type { AccessToken } from '../access-token.js'
import type { AuthProviderLike } from '../auth-provider.js'
import { type Clock, systemClock } from '../clock.js'
import { corsHeaders } from '../http/cors.js'
import { errorResponse } from '../http/error-response.js'
import { type HttpResponse, noStoreEmpty, withHeaders } from '../http/http-response.js'
import { parseErrorResponse } from '../mcp-endpoint.js'
import { OAuthError, outageOf } from '../oauth-error.js'
import { hasScopes } from '../scope.js'
import { bearerChallenge } from './bearer-challenge.js'
import { readBearerCredentials } from './bearer-credentials.js'
import { readJsonRpc, scopesOfToolCalls, type ToolScopes } from './tool-scopes.js'

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

/** Decides whether a request may pass. Adapters put it in front of the MCP handler. */
export interface BearerGate {
  /**
   * Verifies the token of an `Authorization` header: at once, if the token is known, so that a known token costs no
   * trip through the event loop. Neither throws nor rejects.
   *
   * Looks at nothing else: a token in the query or in a form is not a token (MCP, Token Requirements).
   */
  authenticate(authorization: string | undefined): GateAnswer | Promise<GateAnswer>
  /** The 403 for a token that lacks scopes which this operation needs besides the gate's own; `undefined` if none. */
  refuseMissingScopes(
    accessToken: Pick<AccessToken, 'scopes'>,
    scopes: readonly string[],
  ): HttpResponse | undefined
  /**
   * What to answer a JSON-RPC request whose tool calls need scopes that the token lacks: 403 with all of them.
   * `undefined` if the request may pass.
   *
   * @param body The parsed body, or its text or bytes.
   * @throws `TypeError` for a POST without a body: then nobody has read it yet, and nobody would check it later.
   */
  refuseToolCalls(
    accessToken: Pick<AccessToken, 'scopes'>,
    method: string,
    body: unknown,
    toolScopes: ToolScopes,
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
  const implies = provider.impliesScope
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

  async function verify(authorization: string | undefined): Promise<GateAnswer> {
    const credentials = readBearerCredentials(authorization)
    if (credentials.kind === 'none') return withoutCredentials
    if (credentials.kind === 'malformed') return refuse(credentials.error, 'The bearer token is malformed.')

    let accessToken: AccessToken | null
    try {
      accessToken = await provider.verifyToken(credentials.token, { resource })
      // Applications write verifiers in JavaScript, too: a forgotten `return` is not a verdict.
      if (accessToken !== null) assertAccessToken(accessToken)
    } catch (error) {
      return { refusal: withHeaders(errorResponse(outageOf(error)), corsHeaders) }
    }
    if (accessToken === null || hasExpired(accessToken, now() - longestTolerance)) {
      return refuse(
        'invalid_token',
        'The access token is invalid, expired or revoked. Get a new one and try again.',
      )
    }
    return admit(accessToken)
  }

  function admit(accessToken: AccessToken): GateAnswer {
    const refusal = refuseMissing(accessToken, required)
    return refusal === undefined ? { accessToken } : { refusal }
  }

  function refuseMissing(
    accessToken: Pick<AccessToken, 'scopes'>,
    needed: readonly string[],
  ): HttpResponse | undefined {
    if (hasScopes(accessToken.scopes, needed, implies)) return undefined
    const description = 'The access token lacks a scope that this operation needs.'
    const challenge = bearerChallenge({
      resourceMetadataUrl,
      scopes: challengeScopes(needed),
      error: 'insufficient_scope',
      description,
    })
    const error = new OAuthError('insufficient_scope', description, { challenge })
    return withHeaders(errorResponse(error), corsHeaders)
  }

  function refuseMissingScopes(
    accessToken: Pick<AccessToken, 'scopes'>,
    scopes: readonly string[],
  ): HttpResponse | undefined {
    return scopes.length === 0
      ? undefined
      : refuseMissing(accessToken, [...new Set([...required, ...scopes])])
  }

  return {
    authenticate(authorization) {
      const known = recall(provider, authorization, resource)
      return known === undefined ? verify(authorization) : admit(known)
    },

    refuseMissingScopes,

    refuseToolCalls(accessToken, method, body, toolScopes) {
      if (method !== 'POST') return undefined
      const read = readJsonRpc(body)
      if (read === undefined) return parseErrorResponse()
      return refuseMissingScopes(accessToken, scopesOfToolCalls(read.message, toolScopes))
    },
  }
}

/** A known token is known as it was when it was read properly, so nothing else of the header need be looked at. */
function recall(
  provider: AuthProviderLike,
  authorization: string | undefined,
  resource: string | undefined,
): AccessToken | undefined {
  if (authorization?.startsWith('Bearer ') !== true) return undefined
  try {
    return provider.recallToken?.(authorization.slice('Bearer '.length), { resource })
  } catch {
    // Memory is a convenience: what it cannot tell, verification can.
    return undefined
  }
}

function assertAccessToken(value: AccessToken | undefined): void {
  if (typeof value !== 'object' || !Array.isArray(value.scopes)) {
    throw new TypeError('verifyToken must answer an AccessToken or null')
  }
}

/** Also for a time that is no number: then nobody knows when it ends. */
function hasExpired({ expiresAt }: AccessToken, now: number): boolean {
  return expiresAt !== undefined && !(expiresAt > now)
}

/** Seconds by which a verifier may forgive an expiry. */
const longestTolerance = 60

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
