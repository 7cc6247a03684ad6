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
 * Everything that the provider serves but the MCP endpoint: discovery and, for an `OAuthProvider`, the
 * authorization server. Register it on the root: `app.register(mcpAuth, { provider: auth, mcpPath: '/mcp' })`.
 *
 * The application's own body parsers do not matter to it, and it does not change them.
 */
export const mcpAuth: FastifyPluginAsync<McpAuthOptions> = async (app, options) => {
  registerPaths(app, pathsOf(options, 'all', 'mcpAuth'))
}

/**
 * Discovery alone, for the origin's root, when the rest is registered under a prefix: there, register `mcpAuth` with
 * `basePath: ''`.
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
  // Fastify reads its own options from the same object.
  const { provider, prefix, logLevel, logSerializers, ...mount } = options
  const call = `app.register(${name}, { provider: auth, mcpPath: '/mcp' })`
  return mountedPaths(provider, mount, which, { name, call })
}

function registerPaths(app: FastifyInstance, paths: readonly MountedPath[]): void {
  // The core reads bodies itself, within its own limits and with its own errors. Only this plugin is concerned.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', async () => undefined)
  for (const [index, { path, methods, answer }] of paths.entries()) {
    if (ignoresTrailingSlash(app) && paths.slice(0, index).some((other) => isSameButSlash(other.path, path)))
      continue
    // Several providers of one origin may each have an only resource, which is then at the root. The first one is it.
    if (path.startsWith('/.well-known/') && app.hasRoute({ method: 'GET', url: path })) continue
    const handler = async (request: FastifyRequest, reply: FastifyReply) =>
      send(reply, await answer(fromNodeRequest(request.raw), request))
    app.route({
      method: methods === 'all' ? ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] : [...methods],
      url: path,
      exposeHeadRoute: false,
      handler,
      // Fastify refuses some media types before the handler; the core's refusal is one that clients understand.
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

/** Whether a path with a slash at its end is the same route to the router, which takes it only once: the first. */
function ignoresTrailingSlash({ initialConfig }: FastifyInstance): boolean {
  return (
    initialConfig.ignoreTrailingSlash === true || initialConfig.routerOptions?.ignoreTrailingSlash === true
  )
}
