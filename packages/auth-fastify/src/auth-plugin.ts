import { type MountedPath, mountedPaths } from '@tollgate/auth-core/adapter'
import { fromNodeRequest } from '@tollgate/auth-core/node'
import type { MountOptions, RoutedProvider } from '@tollgate/auth-core/resource-server'
import type {
  FastifyError,
  FastifyInstance,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
  RegisterOptions,
} from 'fastify'
import { send } from './send.js'

export interface McpAuthOptions extends MountOptions {
  readonly provider: RoutedProvider<object>
}

/**
 * Registers all routes of the provider, without the MCP endpoint.
 *
 * The routes are discovery and, for an `OAuthProvider`, the authorization server. Register the plugin on the root:
 * `app.register(mcpAuth, { provider: auth, mcpPath: '/mcp' })`. It neither uses nor changes body parsers of the application.
 */
export const mcpAuth: FastifyPluginAsync<McpAuthOptions> = async (app, options) => {
  registerPaths(app, pathsOf(options, 'all', 'mcpAuth'))
}

/**
 * Registers the discovery routes alone, for the root of the origin.
 *
 * Use it if the other routes are registered under a prefix. There, register `mcpAuth` with `basePath: ''`.
 */
export const mcpAuthWellKnown: FastifyPluginAsync<Omit<McpAuthOptions, 'basePath'>> = async (
  app,
  options,
) => {
  registerPaths(app, pathsOf(options, 'well-known', 'mcpAuthWellKnown'))
}

function pathsOf(
  options: McpAuthOptions & RegisterOptions,
  which: 'all' | 'well-known',
  name: string,
): MountedPath[] {
  // The same object has Fastify's own options.
  const { provider, prefix, logLevel, logSerializers, ...mount } = options
  const call = `app.register(${name}, { provider: auth, mcpPath: '/mcp' })`
  return mountedPaths(provider, mount, which, { name, call })
}

function registerPaths(app: FastifyInstance, paths: readonly MountedPath[]): void {
  // The core reads bodies itself, with its own limits and errors. This affects only this plugin.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', async () => undefined)
  for (const [index, { path, methods, answer }] of paths.entries()) {
    if (ignoresTrailingSlash(app) && paths.slice(0, index).some((other) => isSameButSlash(other.path, path)))
      continue
    // Several providers of one origin may each serve its resource at the root. The first is served.
    if (path.startsWith('/.well-known/') && app.hasRoute({ method: 'GET', url: path })) continue
    const handler = async (request: FastifyRequest, reply: FastifyReply) =>
      send(reply, await answer(fromNodeRequest(request.raw), request))
    app.route({
      method: methods === 'all' ? ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] : [...methods],
      url: path,
      exposeHeadRoute: false,
      handler,
      // Fastify refuses some media types before the handler. Clients understand the refusal of the core.
      errorHandler: (error: FastifyError, request, reply) => {
        if (error.code?.startsWith('FST_ERR_CTP_')) return handler(request, reply)
        throw error
      },
    })
  }
}

function isSameButSlash(one: string, other: string): boolean {
  return one.replace(/\/$/, '') === other.replace(/\/$/, '')
}

/** Whether the router ignores a trailing slash. Then it accepts only the first spelling of a path. */
function ignoresTrailingSlash({ initialConfig }: FastifyInstance): boolean {
  return (
    initialConfig.ignoreTrailingSlash === true || initialConfig.routerOptions?.ignoreTrailingSlash === true
  )
}
