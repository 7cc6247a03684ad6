import { getRequestListener } from '@hono/node-server'
import {
  type AccessToken,
  type BearerGateOptions,
  dispatch,
  type MountOptions,
  type RoutedProvider,
  requireBearerAuth,
  type ToolScopes,
} from '@tollgate/auth-core'
import {
  fromWebRequest,
  mountedPaths,
  protectedResponseHeaders,
  toWebResponse,
} from '@tollgate/auth-core/adapter'
import * as forExpress from '@tollgate/auth-express'
import * as forFastify from '@tollgate/auth-fastify'
import * as forHono from '@tollgate/auth-hono'
import express5 from 'express'
import express4 from 'express4'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { Hono } from 'hono'
import { listen, type RunningHost } from './listen.js'

export type { RunningHost }

/** An application with a protected endpoint, to be built in a framework. */
export interface ProtectedApp {
  readonly provider: RoutedProvider
  readonly mount?: MountOptions
  readonly gate?: BearerGateOptions
  readonly toolScopes?: ToolScopes
  /** Called when the protected handler runs. */
  readonly onCall?: (token: string, accessToken: AccessToken | undefined) => void
}

type BuildApp = (origin: string) => ProtectedApp | Promise<ProtectedApp>

export interface Host {
  readonly name: string
  readonly start: (build: BuildApp) => Promise<RunningHost>
}

/** The response of the protected endpoint on every host: the token that it received. */
function whoami(token: { clientId: string; subject?: string; scopes: string[]; resource?: URL } | undefined) {
  return {
    clientId: token?.clientId,
    subject: token?.subject,
    scopes: token?.scopes,
    resource: token?.resource?.href,
  }
}

function mcpPathOf({ provider, mount = {}, gate = {} }: ProtectedApp): string {
  const mcpPath = gate.mcpPath ?? (Array.isArray(mount.mcpPath) ? mount.mcpPath[0] : mount.mcpPath) ?? '/mcp'
  const { baseUrl, resourceBaseUrl } = provider
  const publicPrefix = new URL(resourceBaseUrl ?? baseUrl ?? 'http://localhost').pathname.replace(/\/$/, '')
  const prefix = resourceBaseUrl === undefined ? (mount.basePath ?? publicPrefix) : publicPrefix
  return `${prefix}${mcpPath as string}`
}

/** @param prepare Adds the application's own middleware in front of everything. */
export function expressHost(
  name: string,
  express: typeof express5,
  prepare: (app: express5.Express) => void = () => {},
): Host {
  return {
    name,
    start: (build) =>
      listen(async (origin) => {
        const hosted = await build(origin)
        const { provider, mount = { mcpPath: '/mcp' }, gate, toolScopes, onCall } = hosted
        const app = express()
        app.disable('x-powered-by')
        prepare(app)
        app.use(forExpress.mcpAuthRouter(provider, mount))
        app.all(
          mcpPathOf({ ...hosted, mount }),
          forExpress.requireBearerAuth(provider, gate),
          ...(toolScopes === undefined ? [] : [forExpress.requireToolScopes(toolScopes)]),
          (request, response) => {
            const token = forExpress.getAuth(request)
            onCall?.(token?.token ?? '', token)
            response.json(whoami(token))
          },
        )
        return app
      }),
  }
}

export function fastifyHost(
  name: string,
  prepare: (app: FastifyInstance) => unknown = () => {},
  serverOptions: FastifyServerOptions = {},
): Host {
  return {
    name,
    start: (build) =>
      listen(async (origin) => {
        const hosted = await build(origin)
        const { provider, mount = { mcpPath: '/mcp' }, gate, toolScopes, onCall } = hosted
        const app = Fastify(serverOptions)
        await prepare(app)
        await app.register(forFastify.mcpAuth, { provider, ...mount })
        app.route({
          method: ['GET', 'HEAD', 'POST', 'DELETE'],
          url: mcpPathOf({ ...hosted, mount }),
          exposeHeadRoute: false,
          onRequest: forFastify.requireBearerAuth(provider, gate),
          ...(toolScopes === undefined ? {} : { preHandler: forFastify.requireToolScopes(toolScopes) }),
          handler: async (request) => {
            const token = forFastify.getAuth(request)
            onCall?.(token?.token ?? '', token)
            return whoami(token)
          },
        })
        await app.ready()
        return (request, response) => app.routing(request, response)
      }),
  }
}

export function honoHost(name: string, prepare: (app: Hono) => void = () => {}): Host {
  return {
    name,
    start: (build) =>
      listen(async (origin) => {
        const hosted = await build(origin)
        const { provider, mount = { mcpPath: '/mcp' }, gate, toolScopes, onCall } = hosted
        const app = new Hono()
        prepare(app)
        app.route('/', forHono.mcpAuthRoutes(provider, mount))
        const path = mcpPathOf({ ...hosted, mount })
        app.use(path, forHono.requireBearerAuth(provider, gate))
        if (toolScopes !== undefined) app.use(path, forHono.requireToolScopes(toolScopes))
        app.all(path, (c) => {
          const token = forHono.getAuth(c)
          onCall?.(token?.token ?? '', token)
          return c.json(whoami(token))
        })
        return getRequestListener(app.fetch)
      }),
  }
}

/** No framework: a Worker with the core alone. */
const fetchHost: Host = {
  name: 'fetch',
  start: (build) =>
    listen(async (origin) => {
      const hosted = await build(origin)
      const { provider, mount = { mcpPath: '/mcp' }, onCall } = hosted
      const paths = mountedPaths(provider, mount)
      const routes = paths.length > 0 ? provider.getRoutes() : []
      const authenticate = requireBearerAuth(provider, hosted.gate)
      const mcpPath = mcpPathOf({ ...hosted, mount })
      return getRequestListener(async (request) => {
        const { pathname } = new URL(request.url)
        const seen = paths.find(({ path, methods }) => {
          return (
            path === pathname &&
            (methods === 'all' || (methods as readonly string[]).includes(request.method))
          )
        })
        if (seen !== undefined) return toWebResponse(await seen.answer(fromWebRequest(request), request))
        const answer = dispatch(routes, request)
        if (answer !== undefined) return answer
        if (pathname !== mcpPath) return new Response('Not Found', { status: 404 })
        const accessToken = await authenticate(request)
        if (accessToken instanceof Response) return accessToken
        onCall?.(accessToken?.token ?? '', accessToken)
        const headers = protectedResponseHeaders(request)
        return Response.json(whoami(accessToken), { headers })
      })
    }),
}

/** Every way of running a provider. A rule that holds on one must hold on all. */
export const hosts: readonly Host[] = [
  expressHost('express 5', express5),
  expressHost('express 4', express4),
  fastifyHost('fastify'),
  honoHost('hono'),
  fetchHost,
]

/** One host, for rules that the HTTP layer cannot affect. */
export const anyHost: Host = fetchHost
