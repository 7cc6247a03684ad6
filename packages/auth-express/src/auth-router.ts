import { type CallSite, callOf, type MountedPath, mountedPaths } from '@tollgate/auth-core/adapter'
import { fromNodeRequest, sendHttpResponse } from '@tollgate/auth-core/node'
import type { MountOptions, RoutedProvider } from '@tollgate/auth-core/resource-server'
import type { RequestHandler } from 'express'

/**
 * Creates middleware with all routes of the provider, without the MCP endpoint.
 *
 * The routes are discovery and, for an `OAuthProvider`, the authorization server. Mount it at the root of the application:
 * `app.use(mcpAuthRouter(auth, { mcpPath: '/mcp' }))`. Works with and without a body parser in front.
 */
export function mcpAuthRouter(provider: RoutedProvider<object>, options: MountOptions = {}): RequestHandler {
  return routerOf(provider, options, 'all', callOf('mcpAuthRouter'))
}

/**
 * Creates middleware with the discovery routes alone, for the root of the origin.
 *
 * Use it if the other routes are in a sub-application under a prefix. There, mount
 * `mcpAuthRouter(auth, { mcpPath, basePath: '' })`.
 */
export function mcpAuthWellKnown(
  provider: RoutedProvider<object>,
  options: Pick<MountOptions, 'mcpPath'> = {},
): RequestHandler {
  return routerOf(provider, options, 'well-known', callOf('mcpAuthWellKnown'))
}

function routerOf(
  provider: RoutedProvider<object>,
  options: MountOptions,
  which: 'all' | 'well-known',
  caller: CallSite,
): RequestHandler {
  const paths = new Map(
    mountedPaths(provider, options, which, caller).map((mounted) => [mounted.path, mounted]),
  )

  return async function mcpAuthRouter(request, response, next) {
    const mounted = paths.get(request.path)
    if (mounted === undefined || !takes(mounted, request.method)) return next()
    try {
      sendHttpResponse(response, await mounted.answer(fromNodeRequest(request), request))
    } catch (error) {
      next(error)
    }
  }
}

function takes({ methods }: MountedPath, method: string): boolean {
  return methods === 'all' || (methods as readonly string[]).includes(method)
}
