import { RemoteAuthProvider, StaticTokenVerifier } from '@tollgate/auth-core'
import express5 from 'express'
import express4 from 'express4'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { expressHost, fastifyHost, honoHost, type RunningHost } from '../harness/hosts.js'
import { sendRaw } from '../harness/raw-http.js'

/** A host whose application responds itself when a request takes too long, as deadlines and rate limits do. */
const impatientHosts = [
  ...[express5, express4].map((express, i) =>
    expressHost(`express ${5 - i}`, express, (app) => {
      app.use((request, response, next) => {
        next()
        if (request.path === '/mcp') response.status(504).send('too late')
      })
    }),
  ),
  fastifyHost('fastify', (app) => {
    app.addHook('onRequest', (request, reply, done) => {
      done()
      if (request.url === '/mcp') reply.code(504).send('too late')
    })
  }),
  honoHost('hono', (app) => {
    app.use('/mcp', async (c, next) => {
      void next()
      return c.text('too late', 504)
    })
  }),
]

describe.each(impatientHosts)('$name', ({ start }) => {
  const called: string[] = []
  /** Unhandled rejections and complaints of a framework. */
  const unhandled: unknown[] = []
  const note = (reason: unknown) => unhandled.push(reason)
  let host: RunningHost
  let settle: (() => void)[]

  beforeEach(async () => {
    called.length = unhandled.length = 0
    settle = []
    process.on('unhandledRejection', note)
    vi.spyOn(console, 'error').mockImplementation(note)
    const tokenVerifier = new StaticTokenVerifier({ tokens: { good: { clientId: 'c' } } })
    const verifyToken = tokenVerifier.verifyToken.bind(tokenVerifier)
    Object.assign(tokenVerifier, {
      verifyToken: async (...given: Parameters<typeof verifyToken>) => {
        await new Promise<void>((resolve) => settle.push(resolve))
        if (given[0] === 'failing') throw new Error('unreachable')
        return verifyToken(...given)
      },
    })
    host = await start((baseUrl) => ({
      provider: new RemoteAuthProvider({
        baseUrl,
        authorizationServers: ['https://login.example'],
        tokenVerifier,
      }),
      onCall: (token) => called.push(token),
    }))
  })
  afterEach(async () => {
    process.off('unhandledRejection', note)
    vi.restoreAllMocks()
    await host.close()
  })

  test.each(['good', 'bad', 'failing'])(
    'L-20 a verdict on a %s token after the application responded does no harm',
    async (token) => {
      const headers = { authorization: `Bearer ${token}` }
      const answer = await sendRaw(`${host.origin}/mcp`, { headers })
      expect([answer.status, answer.body]).toEqual([504, 'too late'])
      for (const one of settle) one()
      for (let i = 0; i < 10; i += 1) await new Promise((resolve) => setImmediate(resolve))
      expect(unhandled).toEqual([])
      expect(called).toEqual([])
      const metadata = await sendRaw(`${host.origin}/.well-known/oauth-protected-resource/mcp`, {
        method: 'GET',
      })
      expect(metadata.status).toBe(200)
    },
  )
})
