import type { AccessToken } from '../access-token.js'
import type { AuthProviderLike } from '../auth-provider.js'
import { fromWebRequest } from '../http/http-request.js'
import { toWebResponse } from '../http/http-response.js'
import { type BearerGateOptions, createBearerGate } from './bearer-gate.js'

/**
 * The gate for applications without a framework: answers the verified token of a request, or the response to send
 * instead of calling the handler. Has the shape of `requireBearerAuth` of SDK v2. The function never rejects.
 *
 * Pass the handler's own response through `protectedResponse`, so that browsers may read it and caches do not mix it up.
 *
 * @throws `TypeError` at once if the provider does not know its MCP path yet.
 */
export function requireBearerAuth(
  provider: AuthProviderLike,
  options: BearerGateOptions = {},
): (request: Request) => Promise<AccessToken | Response> {
  const gate = createBearerGate(provider, options)
  return async function requireBearerAuth(request) {
    const { accessToken, refusal } = await gate.authenticate(fromWebRequest(request).header('authorization'))
    return refusal === undefined ? accessToken : toWebResponse(refusal)
  }
}
