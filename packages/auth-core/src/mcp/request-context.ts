import type { AccessToken } from '../contract/access-token.js'

/** Holds the token of the request that is being handled, across asynchronous calls: an `AsyncLocalStorage`. */
export interface RequestContext {
  run<Result>(accessToken: AccessToken<object> | undefined, handle: () => Result): Result
  getStore(): AccessToken<object> | undefined
}

const key: unique symbol = Symbol.for('@tollgate/auth-core/context')

/** Holds the only context of the process, because an application may have several copies of this package. */
const registry = globalThis as { [key]?: RequestContext }

export function sharedRequestContext(create: () => RequestContext): RequestContext {
  registry[key] ??= create()
  return registry[key]
}

/**
 * Runs a handler so that `getAuth()` of `@tollgate/auth-core/context` returns this token.
 *
 * That includes everything that the handler calls. Without an import of that module, it costs nothing. `mcpHandler` and
 * `getMiddleware` call it themselves.
 *
 * @param accessToken `undefined` for an anonymous request.
 */
export function withAuth<Result>(accessToken: AccessToken<object> | undefined, handle: () => Result): Result {
  const context = registry[key]
  return context === undefined ? handle() : context.run(accessToken, handle)
}
