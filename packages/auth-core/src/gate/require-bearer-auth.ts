import type { AccessToken } from '../contract/access-token.js'
import type { AuthProviderLike } from '../contract/auth-provider-like.js'
import { toWebResponse } from '../http/http-response.js'
import { admitWebRequest } from './admit-web-request.js'
import { createBearerGate } from './create-bearer-gate.js'
import type { BearerGateOptions } from './gate-options.js'

/**
 * Creates the gate for applications without a framework.
 *
 * The gate resolves to the verified token, to the response to send instead of calling the handler, or to `undefined` for an
 * anonymous request that may pass (`allowAnonymous`). It never rejects. It has the shape of `requireBearerAuth` of SDK v2.
 *
 * Pass the handler's response through `protectedResponse` with the same request. Otherwise browsers may not read it, and
 * caches may mix up users.
 *
 * @throws `TypeError` if the provider does not know its MCP path yet, and for invalid and unknown options.
 *
 * @example
 * ```ts
 * import { createMcpHandler } from '@modelcontextprotocol/server'
 * import { dispatch, protectedResponse, requireBearerAuth } from '@tollgate/auth-core'
 * import { auth } from './remote-auth.js'
 * import { createServer } from './your-server-v2.js'
 *
 * const routes = auth.getRoutes('/mcp')
 * const authenticate = requireBearerAuth(auth)
 * const mcp = createMcpHandler(createServer)
 *
 * export default {
 *   async fetch(request: Request): Promise<Response> {
 *     const answer = dispatch(routes, request)
 *     if (answer !== undefined) return answer
 *     const authInfo = await authenticate(request)
 *     if (authInfo instanceof Response) return authInfo
 *     return protectedResponse(request, await mcp.fetch(request, { authInfo }))
 *   },
 * }
 * ```
 */
export function requireBearerAuth<Claims extends object = Record<string, unknown>>(
  provider: AuthProviderLike<Claims>,
  options?: BearerGateOptions & {
    readonly allowAnonymous?: false | undefined
    readonly dangerouslyAllowAnonymousEverything?: false | undefined
  },
): (request: Request) => Promise<AccessToken<Claims> | Response>
export function requireBearerAuth<Claims extends object = Record<string, unknown>>(
  provider: AuthProviderLike<Claims>,
  options: BearerGateOptions | undefined,
): (request: Request) => Promise<AccessToken<Claims> | Response | undefined>
export function requireBearerAuth<Claims extends object>(
  provider: AuthProviderLike<Claims>,
  options: BearerGateOptions = {},
): (request: Request) => Promise<AccessToken<Claims> | Response | undefined> {
  const gate = createBearerGate(provider, options)
  return async function requireBearerAuth(request) {
    const { accessToken, refusal } = await admitWebRequest(gate, request)
    return refusal === undefined ? accessToken : toWebResponse(refusal)
  }
}
