/**
 * The token of the request that is being handled, wherever the code is that asks. Needs `node:async_hooks`, which Node,
 * Deno and Bun have, and Workers with a compatibility flag.
 *
 * Importing this is what switches it on. On Node before 24, that makes everything asynchronous in the process dearer: an
 * MCP request costs about a tenth more.
 *
 * @packageDocumentation
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { AccessToken } from './contract/access-token.js'
import type { AuthProviderLike } from './contract/auth-provider-like.js'
import { sharedRequestContext } from './mcp/request-context.js'

export { withAuth } from './mcp/request-context.js'

const context = sharedRequestContext(() => new AsyncLocalStorage<AccessToken<object> | undefined>())

/**
 * What the verified token of the current request says, in a tool or in anything that it calls, also after an `await`.
 * `undefined` for an anonymous request, and outside of `mcpHandler`, `getMiddleware` and `withAuth`.
 *
 * @param provider Used for its type alone: that of `claims`. Pass the provider whose gate the request came through.
 */
export function getAuth<Claims extends object = Record<string, unknown>>(
  _provider?: Pick<AuthProviderLike<Claims>, 'verifyToken'>,
): AccessToken<Claims> | undefined {
  return context.getStore() as AccessToken<Claims> | undefined
}
