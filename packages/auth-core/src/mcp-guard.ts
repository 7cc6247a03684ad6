import type { HttpResponse } from './http/http-response.js'
import { internalErrorResponse } from './mcp-endpoint.js'
import { refuseUnknownOptions } from './option-names.js'
import { admissionOf } from './token-verification/admission.js'

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

const optionNames = { unprotected: true, otherGate: true } satisfies Record<keyof McpHandlerOptions, true>

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
}

/**
 * Makes the check in front of an MCP server: a route that nobody has protected responds with an error, rather than to
 * everyone.
 *
 * @throws `TypeError` for unknown options, and for both of them at once.
 */
export function createMcpGuard(options: McpHandlerOptions = {}): McpGuard {
  refuseUnknownOptions('', options, optionNames)
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
  }
}

const withoutGate =
  'mcpHandler: this request passed no gate, so it was refused. Put requireBearerAuth(provider) in front of ' +
  'mcpHandler, in the same application. If another gate checks tokens, use mcpHandler(target, { otherGate: true }). ' +
  'If everyone may call this server, use mcpHandler(target, { unprotected: true }).'

const withoutAuth =
  'mcpHandler: this request has no "auth", so it was refused. With { otherGate: true }, the other gate must verify ' +
  'every request in front of mcpHandler, and leave what it knows of the token in "auth".'
