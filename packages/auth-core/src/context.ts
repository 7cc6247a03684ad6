/**
 * Returns the token of the current request anywhere in the code. Needs `node:async_hooks`, which Node, Deno and Bun have,
 * and Workers with a compatibility flag.
 *
 * The import switches it on. On Node before 24, all asynchronous code of the process then gets slower: an MCP request
 * costs about a tenth more.
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
 * Returns the verified token of the current request, in a tool or in anything that it calls, even after an `await`.
 * `undefined` for an anonymous request, and outside of `mcpHandler`, `getMiddleware` and `withAuth`.
 *
 * @param provider Sets the type of `claims`, and is not used otherwise. Pass the provider of the gate.
 */
export function getAuth<Claims extends object = Record<string, unknown>>(
  _provider?: Pick<AuthProviderLike<Claims>, 'verifyToken'>,
): AccessToken<Claims> | undefined {
  return context.getStore() as AccessToken<Claims> | undefined
}
