import { getRequestListener } from '@hono/node-server'
import type { MountOptions, OAuthProvider } from '@tollgate/auth-core'
import * as forExpress from '@tollgate/auth-express'
import * as forFastify from '@tollgate/auth-fastify'
import * as forHono from '@tollgate/auth-hono'
import express5 from 'express'
import express4 from 'express4'
import Fastify, { type FastifyInstance } from 'fastify'
import { Hono } from 'hono'
import type { listen } from './listen.js'

/** The application in each framework when it is more than one provider at the root. */
export interface Framework {
  readonly name: string
  /** The provider in a sub-application at `/api`, its discovery at the root. */
  readonly subApplication: (provider: OAuthProvider, mistakes?: Mistakes) => Parameters<typeof listen>[0]
  /** Two MCP paths of one provider, with one gate each. */
  readonly twoPaths: (provider: OAuthProvider) => Parameters<typeof listen>[0]
  /** Several providers at the root, each with its MCP endpoint. */
  readonly sideBySide: (mounted: readonly Mounted[]) => Parameters<typeof listen>[0]
}

/** A provider and its prefix in the application. */
export interface Mounted {
  readonly provider: OAuthProvider
  readonly basePath: string
}

/** Common mistakes. */
export interface Mistakes {
  readonly withoutDiscovery?: boolean
  readonly withoutBasePath?: boolean
  readonly withoutGate?: boolean
}

export const mcpPath = '/mcp'
export const adminPath = '/admin/mcp'

function subMount(mistakes: Mistakes | undefined): MountOptions {
  return mistakes?.withoutBasePath === true ? { mcpPath } : { mcpPath, basePath: '' }
}

function expressFramework(name: string, express: typeof express5): Framework {
  const ok: express5.RequestHandler = (_request, response) => {
    response.json('ok')
  }
  return {
    name,
    subApplication: (provider, mistakes) => () => {
      const sub = express()
      sub.use(forExpress.mcpAuthRouter(provider, subMount(mistakes)))
      if (mistakes?.withoutGate !== true) sub.all(mcpPath, forExpress.requireBearerAuth(provider))
      sub.all(mcpPath, ok)
      const app = express()
      if (mistakes?.withoutDiscovery !== true) app.use(forExpress.mcpAuthWellKnown(provider, { mcpPath }))
      app.use('/api', sub)
      return app
    },
    twoPaths: (provider) => () => {
      const app = express()
      app.use(forExpress.mcpAuthRouter(provider, { mcpPath: [mcpPath, adminPath] }))
      for (const path of [mcpPath, adminPath])
        app.all(path, forExpress.requireBearerAuth(provider, { mcpPath: path }), ok)
      return app
    },
    sideBySide: (mounted) => () => {
      const app = express()
      for (const { provider, basePath } of mounted) {
        app.use(forExpress.mcpAuthRouter(provider, { mcpPath, basePath }))
        app.all(basePath + mcpPath, forExpress.requireBearerAuth(provider), ok)
      }
      return app
    },
  }
}

async function fastifyListener(app: FastifyInstance) {
  await app.ready()
  return (...[request, response]: Parameters<FastifyInstance['routing']>) => app.routing(request, response)
}

const methods = ['GET', 'POST', 'DELETE']

const fastifyFramework: Framework = {
  name: 'fastify',
  subApplication: (provider, mistakes) => async () => {
    const app = Fastify()
    if (mistakes?.withoutDiscovery !== true) {
      await app.register(forFastify.mcpAuthWellKnown, { provider, mcpPath })
    }
    await app.register(
      async (sub) => {
        await sub.register(forFastify.mcpAuth, { provider, ...subMount(mistakes) })
        const gate = forFastify.requireBearerAuth(provider)
        const onRequest = mistakes?.withoutGate === true ? [] : [gate]
        sub.route({ method: methods, url: mcpPath, onRequest, handler: async () => 'ok' })
      },
      { prefix: '/api' },
    )
    return fastifyListener(app)
  },
  twoPaths: (provider) => async () => {
    const app = Fastify()
    await app.register(forFastify.mcpAuth, { provider, mcpPath: [mcpPath, adminPath] })
    for (const path of [mcpPath, adminPath]) {
      const onRequest = forFastify.requireBearerAuth(provider, { mcpPath: path })
      app.route({ method: methods, url: path, onRequest, handler: async () => 'ok' })
    }
    return fastifyListener(app)
  },
  sideBySide: (mounted) => async () => {
    const app = Fastify()
    for (const { provider, basePath } of mounted) {
      await app.register(forFastify.mcpAuth, { provider, mcpPath, basePath })
      const onRequest = forFastify.requireBearerAuth(provider)
      app.route({ method: methods, url: basePath + mcpPath, onRequest, handler: async () => 'ok' })
    }
    return fastifyListener(app)
  },
}

const honoFramework: Framework = {
  name: 'hono',
  subApplication: (provider, mistakes) => () => {
    const sub = new Hono()
    sub.route('/', forHono.mcpAuthRoutes(provider, subMount(mistakes)))
    if (mistakes?.withoutGate !== true) sub.use(mcpPath, forHono.requireBearerAuth(provider))
    sub.all(mcpPath, (c) => c.json('ok'))
    const app = new Hono()
    if (mistakes?.withoutDiscovery !== true) app.route('/', forHono.mcpAuthWellKnown(provider, { mcpPath }))
    app.route('/api', sub)
    return getRequestListener(app.fetch)
  },
  twoPaths: (provider) => () => {
    const app = new Hono()
    app.route('/', forHono.mcpAuthRoutes(provider, { mcpPath: [mcpPath, adminPath] }))
    for (const path of [mcpPath, adminPath])
      app.all(path, forHono.requireBearerAuth(provider, { mcpPath: path }), (c) => c.json('ok'))
    return getRequestListener(app.fetch)
  },
  sideBySide: (mounted) => () => {
    const app = new Hono()
    for (const { provider, basePath } of mounted) {
      app.route('/', forHono.mcpAuthRoutes(provider, { mcpPath, basePath }))
      app.all(basePath + mcpPath, forHono.requireBearerAuth(provider), (c) => c.json('ok'))
    }
    return getRequestListener(app.fetch)
  },
}

export const frameworks: readonly Framework[] = [
  expressFramework('express 5', express5),
  expressFramework('express 4', express4 as typeof express5),
  fastifyFramework,
  honoFramework,
]
