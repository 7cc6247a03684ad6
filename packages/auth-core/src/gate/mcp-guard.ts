import { errorResponse } from '../http/error-response.js'
import type { HttpResponse } from '../http/http-response.js'
import type { ResponseWatch } from '../http/respond-while.js'
import { internalErrorResponse } from '../mcp/mcp-endpoint.js'
import { OAuthError } from '../oauth/oauth-error.js'
import { checkedOptions, type OptionTable, refuseTogether } from '../options/option-table.js'
import { flag } from '../options/rows.js'
import { systemClock } from '../runtime/clock.js'
import { admissionOf } from './admission.js'
import { bearerChallenge } from './refusals/bearer-challenge.js'
import { watchToken } from './verdict/token-watch.js'

/** Options of `mcpHandler`. */
export interface McpHandlerOptions {
  /** Serves requests that no gate has admitted: anyone who reaches the MCP server may call every tool. Default: false. */
  readonly unprotected?: boolean | undefined
  /**
   * Serves only requests with `auth`, which a gate other than Tollgate's has set, for example that of the SDK. Default:
   * false.
   */
  readonly otherGate?: boolean | undefined
}

export function mcpHandlerOptionTable() {
  return { unprotected: flag(), otherGate: flag() } satisfies OptionTable<McpHandlerOptions>
}

/** Decides whether `mcpHandler` may serve a request. */
export interface McpGuard {
  /**
   * Returns the response to a request that no gate has admitted. `undefined` if the request may be served. Prints the
   * reason on the console, once.
   *
   * @param request The object that the gate has marked.
   * @param authInfo The `auth` of the request.
   */
  refuse(request: object, authInfo: unknown): HttpResponse | undefined
  /**
   * Returns the watch of the token while the response is open. `undefined` without a token, and for one that never ends.
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
 * Creates the check in front of an MCP server. A route without a gate responds with an error instead of serving everyone.
 *
 * @throws `TypeError` for invalid and unknown options, and for both at once.
 */
export function createMcpGuard(options: McpHandlerOptions = {}): McpGuard {
  const { unprotected, otherGate } = checkedOptions('mcpHandler', options, mcpHandlerOptionTable())
  refuseTogether('mcpHandler', options, 'unprotected', ['otherGate'])
  let isReported = false

  return {
    refuse(request, authInfo) {
      if (unprotected || admissionOf(request) !== undefined) return undefined
      if (otherGate && authInfo !== undefined && authInfo !== null) return undefined
      if (!isReported) {
        isReported = true
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

/** A token of another gate ends at its expiry, by the clock of the system. It cannot be verified again here. */
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
  'mcpHandler: refused a request that passed no gate. Put requireBearerAuth(provider) in front of ' +
  'mcpHandler, in the same application. If another gate checks tokens, use mcpHandler(target, { otherGate: true }). ' +
  'If everyone may call this server, use mcpHandler(target, { unprotected: true }).'

const withoutAuth =
  'mcpHandler: refused a request without "auth". With { otherGate: true }, the other gate must verify ' +
  'every request in front of mcpHandler, and set "auth".'
