import { randomUUID } from 'node:crypto'
import { mcpAuthRouter as sdkRouter } from '@modelcontextprotocol/sdk/server/auth/router.js'
import { memoryStore, type Store } from '@tollgate/auth-core'
import { mcpAuthRouter } from '@tollgate/auth-express'
import express from 'express'
import type { Contender } from '../../contender.js'
import { issuer } from '../../issuer.js'
import { answerWithJose } from './answer-with-jose.js'
import { codeForm } from './client.js'
import { sdkProvider } from './sdk-provider.js'
import { fullStore, tollgateProvider } from './tollgate-provider.js'

/** The cost of Express, a form parser and a signature alone. Checks and stores nothing. */
export async function floor(): Promise<Contender> {
  const answer = await answerWithJose()
  const listener = express()
  listener.post('/token', express.urlencoded({ extended: false }), async (_request, response) => {
    response.json(await answer(randomUUID()))
  })
  return { listener, prepare: async (count) => Array.from({ length: count }, () => codeForm(randomUUID())) }
}

export const tollgate = () => tollgateWith(memoryStore())

/** The same with a store that already has many entries. */
export const tollgateFull = async () => tollgateWith(await fullStore())

async function tollgateWith(store: Store): Promise<Contender> {
  const { provider, prepare } = await tollgateProvider(store)
  return { listener: express().use(mcpAuthRouter(provider, { mcpPath: '/mcp' })), prepare }
}

export async function sdkV1(): Promise<Contender> {
  const { provider, prepare } = await sdkProvider()
  // Its limit of 50 requests in 15 minutes is not part of the measurement.
  const options = { provider, issuerUrl: new URL(issuer), tokenOptions: { rateLimit: false } as const }
  return { listener: express().use(sdkRouter(options)), prepare }
}
