import { errorResponse } from '../http/error-response.js'
import type { HttpResponse } from '../http/http-response.js'
import type { ResponseWatch } from '../http/respond-while.js'
import { internalErrorResponse } from '../mcp/mcp-endpoint.js'
import { OAuthError } from '../oauth/oauth-error.js'
import { type OptionNames, refuseUnknownOptions } from '../options/unknown-options.js'
import { systemClock } from '../runtime/clock.js'
import { admissionOf } from './admission.js'
import { bearerChallenge } from './refusals/bearer-challenge.js'
import { watchToken } from './verdict/token-watch.js'

/** Options of `mcpHandler`. */
export interface McpHandlerOptions {
  /**
   * Serves requests that have passed no gate: everyone who reaches the MCP server may call every tool. Default: false.
   */
  readonly unprotected?: boolean | undefined
  /**
   * Serves requests that a gate other than Tollgate's has let pass, for example that of the SDK: those that have `auth`,
   * and no others. Default: false.
   */
  readonly otherGate?: boolean | undefined
}

const optionNames = { unprotected: true, otherGate: true } as const satisfies OptionNames<McpHandlerOptions>

/** Decides whether `mcpHandler` may serve a request. */
export interface McpGuard {
  /**
   * The response to a request that passed no gate; `undefined` if it may be served. The developer reads the reason on
   * the console, once.
   *
   * @param request What the gate has noted its admission on.
   * @param authInfo What the request says of its token.
   */
  refuse(request: object, authInfo: unknown): HttpResponse | undefined
  /**
   * What watches the token of a request while its response is open. `undefined` if it has none, or none that ends.
   *
   * @param authorization The `Authorization` header of the request.
   */
  watchOf(
    request: object,
    authInfo: { readonly expiresAt?: number | undefined } | undefined,
    authorization: string | undefined,
  ): ResponseWatch | undefined
}

/**
 * Makes the check in front of an MCP server: a route that nobody has protected responds with an error, rather than to
 * everyone.
 *
 * @throws `TypeError` for unknown options, and for both of them at once.
 */
export function createMcpGuard(options: McpHandlerOptions = {}): McpGuard {
  refuseUnknownOptions('mcpHandler', options, optionNames)
  for (const name of ['unprotected', 'otherGate'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'boolean')
      throw new TypeError(`mcpHandler: "${name}" must be true or false.`)
  }
  const { unprotected = false, otherGate = false } = options
  if (unprotected && otherGate)
    throw new TypeError(
      'mcpHandler: "unprotected" and "otherGate" exclude each other. Keep the one that is true.',
    )
  let isTold = false

  return {
    refuse(request, authInfo) {
      if (unprotected || admissionOf(request) !== undefined) return undefined
      if (otherGate && authInfo !== undefined && authInfo !== null) return undefined
      if (!isTold) {
        isTold = true
        console.error(otherGate ? withoutAuth : withoutGate)
      }
      return internalErrorResponse()
    },

    watchOf(request, authInfo, authorization) {
      const admission = admissionOf(request)
      if (admission === undefined) return otherGate ? watchOfExpiry(authInfo?.expiresAt) : undefined
      const { gate, accessToken } = admission
      return accessToken === undefined ? undefined : (end) => gate.watch(accessToken, authorization, end)
    },
  }
}

/** What another gate has verified ends by the system's clock, and nobody here can ask again. */
function watchOfExpiry(expiresAt: number | undefined): ResponseWatch | undefined {
  if (typeof expiresAt !== 'number') return undefined
  const check = () => (expiresAt > systemClock() ? undefined : expired())
  return (end) => watchToken(check, end)
}

function expired(): HttpResponse {
  const description = 'The access token has expired. Get a new one and try again.'
  const challenge = bearerChallenge({ scopes: [], error: 'invalid_token', description })
  return errorResponse(new OAuthError('invalid_token', description, { challenge }))
}

const withoutGate =
  'mcpHandler: this request passed no gate, so it was refused. Put requireBearerAuth(provider) in front of ' +
  'mcpHandler, in the same application. If another gate checks tokens, use mcpHandler(target, { otherGate: true }). ' +
  'If everyone may call this server, use mcpHandler(target, { unprotected: true }).'

const withoutAuth =
  'mcpHandler: this request has no "auth", so it was refused. With { otherGate: true }, the other gate must verify ' +
  'every request in front of mcpHandler, and leave what it knows of the token in "auth".'
