import { type CallSite, callOf, fromWebRequest, mountedPaths } from '@tollgate/auth-core/adapter'
import type { HttpRequest, MountOptions, RoutedProvider } from '@tollgate/auth-core/resource-server'
import { type Context, Hono } from 'hono'
import { keptBody } from './kept-body.js'
import { send } from './send.js'

/**
 * Everything that the provider serves but the MCP endpoint: discovery and, for an `OAuthProvider`, the
 * authorization server. Mount it at the application's root: `app.route('/', mcpAuthRoutes(auth, { mcpPath: '/mcp' }))`.
 */
export function mcpAuthRoutes(provider: RoutedProvider<object>, options: MountOptions = {}): Hono {
  return routesOf(provider, options, 'all', callOf('mcpAuthRoutes'))
}

/**
 * Discovery alone, for the origin's root, when the rest is in a sub-application under a prefix: there, mount
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

/** Other middleware may have read the body through Hono, which keeps what it made of it. */
export async function requestOf(c: Context): Promise<HttpRequest> {
  const request = fromWebRequest(c.req.raw)
  if (!c.req.raw.bodyUsed) return request
  const parsed = await keptBody(c)
  return parsed === undefined ? request : { ...request, body: { ...request.body, parsed } }
}
