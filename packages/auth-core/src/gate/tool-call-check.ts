import type { AuthProviderLike } from '../contract/auth-provider-like.js'
import type { HttpResponse } from '../http/http-response.js'
import {
  invalidRequestResponse,
  isMcpMethod,
  methodNotAllowedResponse,
  parseErrorResponse,
  unknownToolResponse,
} from '../mcp/mcp-endpoint.js'
import { hasUnclearMessage, readJsonRpc, scopesOfToolCalls, unnamedCall } from '../mcp/tool-scopes.js'
import type { BearerGate } from './bearer-gate.js'
import { toolScopesCheck } from './refusals/grantable-scopes.js'
import type { ScopeCheck } from './refusals/scope-check.js'

/**
 * Makes the `refuseToolCalls` of a gate.
 *
 * @param isPublicTool Whether the gate's `allowAnonymous` lists a tool.
 */
export function createToolCallCheck(
  provider: AuthProviderLike<object>,
  { refuseMissingScopes }: ScopeCheck,
  isPublicTool: (name: string) => boolean,
): BearerGate['refuseToolCalls'] {
  const checkToolScopes = toolScopesCheck(provider)

  return function refuseToolCalls(
    accessToken,
    method,
    body,
    toolScopes,
    { refuseUnnamedTools = false } = {},
  ): HttpResponse | undefined {
    checkToolScopes(toolScopes)
    if (!isMcpMethod(method)) return methodNotAllowedResponse()
    if (method !== 'POST') return undefined
    const read = readJsonRpc(body)
    if (read === undefined) return parseErrorResponse()
    if (hasUnclearMessage(read.message)) return invalidRequestResponse()
    const unnamed = refuseUnnamedTools ? unnamedCall(read.message, toolScopes, isPublicTool) : undefined
    if (unnamed !== undefined) return unknownToolResponse(unnamed.id)
    const scopes = scopesOfToolCalls(read.message, toolScopes)
    return scopes === undefined ? undefined : refuseMissingScopes(accessToken, scopes)
  }
}
