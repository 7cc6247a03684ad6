import type { AccessToken } from '../contract/access-token.js'

/** Remembers whose request is being handled, across everything asynchronous: an `AsyncLocalStorage`. */
export interface RequestContext {
  run<Result>(accessToken: AccessToken<object> | undefined, handle: () => Result): Result
  getStore(): AccessToken<object> | undefined
}

const key: unique symbol = Symbol.for('@tollgate/auth-core/context')

/** Where the only one of the process is: an application may have several copies of this package. */
const registry = globalThis as { [key]?: RequestContext }

export function sharedRequestContext(create: () => RequestContext): RequestContext {
  registry[key] ??= create()
  return registry[key]
}

/**
 * Handles a request, for whose handler and everything that it calls `getAuth()` of `@tollgate/auth-core/context` then
 * answers this token. Costs nothing in a process that has not imported that.
 *
 * `mcpHandler` and `getMiddleware` do it already.
 *
 * @param accessToken `undefined` for an anonymous request.
 */
export function withAuth<Result>(accessToken: AccessToken<object> | undefined, handle: () => Result): Result {
  const context = registry[key]
  return context === undefined ? handle() : context.run(accessToken, handle)
}
