import { getRequestListener } from '@hono/node-server'
import { memoryStore } from '@tollgate/auth-core'
import { mcpAuthRoutes } from '@tollgate/auth-hono'
import { Hono } from 'hono'
import type { Contender } from '../../contender.js'
import { tollgateProvider } from './tollgate-provider.js'

export async function tollgate(): Promise<Contender> {
  const { provider, prepare } = await tollgateProvider(memoryStore())
  const app = new Hono().route('/', mcpAuthRoutes(provider, { mcpPath: '/mcp' }))
  return { listener: getRequestListener(app.fetch), prepare }
}
