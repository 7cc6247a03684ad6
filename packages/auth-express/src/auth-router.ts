import { fromNodeRequest, sendHttpResponse } from '@tollgate/auth-core/node'
import { type MountOptions, mountedPaths, type RoutedProvider } from '@tollgate/auth-core/resource-server'
import { type NextFunction, type Request, type Response, Router } from 'express'

/**
 * Everything that the provider serves but the MCP endpoint: discovery and, for an `OAuthProvider`, the
 * authorization server. Mount it at the application's root: `app.use(mcpAuthRouter(auth, { mcpPath: '/mcp' }))`.
 *
 * Body parsers may run before it or not.
 */
export function mcpAuthRouter(provider: RoutedProvider<object>, options: MountOptions = {}): Router {
  return routerOf(provider, options, 'all')
}

/**
 * Discovery alone, for the origin's root, when the rest is in a sub-application under a prefix: there, mount
 * `mcpAuthRouter(auth, { mcpPath, basePath: '' })`.
 */
export function mcpAuthWellKnown(
  provider: RoutedProvider<object>,
  options: Pick<MountOptions, 'mcpPath'> = {},
): Router {
  return routerOf(provider, options, 'well-known')
}

function routerOf(
  provider: RoutedProvider<object>,
  options: MountOptions,
  which: 'all' | 'well-known',
): Router {
  const router = Router({ caseSensitive: true, strict: true })
  for (const { path, methods, answer } of mountedPaths(provider, options, which)) {
    const handle = async (request: Request, response: Response, next: NextFunction) => {
      try {
        sendHttpResponse(response, await answer(fromNodeRequest(request), request))
      } catch (error) {
        next(error)
      }
    }
    if (methods === 'all') router.all(path, handle)
    else for (const method of methods) router[method.toLowerCase() as Lowercase<typeof method>](path, handle)
  }
  return router
}
