import { memoryStore } from '@tollgate/auth-core'
import { mcpAuth } from '@tollgate/auth-fastify'
import Fastify from 'fastify'
import type { Contender } from '../../contender.js'
import { tollgateProvider } from './tollgate-provider.js'

export async function tollgate(): Promise<Contender> {
  const { provider, prepare } = await tollgateProvider(memoryStore())
  const app = Fastify()
  await app.register(mcpAuth, { provider, mcpPath: '/mcp' })
  await app.ready()
  return { listener: (request, response) => app.routing(request, response), prepare }
}
