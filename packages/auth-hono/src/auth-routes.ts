import { type CallSite, callOf, fromWebRequest, mountedPaths } from '@tollgate/auth-core/adapter'
import type { HttpRequest, MountOptions, RoutedProvider } from '@tollgate/auth-core/resource-server'
import { type Context, Hono } from 'hono'
import { keptBody } from './kept-body.js'
import { send } from './send.js'

/**
 * Creates an application with all routes of the provider, without the MCP endpoint.
 *
 * The routes are discovery and, for an `OAuthProvider`, the authorization server. Mount it at the root of the application:
 * `app.route('/', mcpAuthRoutes(auth, { mcpPath: '/mcp' }))`.
 */
export function mcpAuthRoutes(provider: RoutedProvider<object>, options: MountOptions = {}): Hono {
  return routesOf(provider, options, 'all', callOf('mcpAuthRoutes'))
}

/**
 * Creates an application with the discovery routes alone, for the root of the origin.
 *
 * Use it if the other routes are in a sub-application under a prefix. There, mount
 * `mcpAuthRoutes(auth, { mcpPath, basePath: '' })`.
 */
export function mcpAuthWellKnown(
  provider: RoutedProvider<object>,
  options: Pick<MountOptions, 'mcpPath'> = {},
): Hono {
  return routesOf(provider, options, 'well-known', callOf('mcpAuthWellKnown'))
}

function routesOf(
  provider: RoutedProvider<object>,
  options: MountOptions,
  which: 'all' | 'well-known',
  caller: CallSite,
): Hono {
  const app = new Hono()
  for (const { path, methods, answer } of mountedPaths(provider, options, which, caller)) {
    const handle = async (c: Context) => send(c, await answer(await requestOf(c), c))
    if (methods === 'all') app.all(path, handle)
    else app.on([...methods], path, handle)
  }
  return app
}

/** Describes a request to a route. Uses the body that other middleware has read through Hono. */
export async function requestOf(c: Context): Promise<HttpRequest> {
  const request = fromWebRequest(c.req.raw)
  if (!c.req.raw.bodyUsed) return request
  const parsed = await keptBody(c)
  return parsed === undefined ? request : { ...request, body: { ...request.body, parsed } }
}
