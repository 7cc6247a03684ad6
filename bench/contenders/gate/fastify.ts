import { createPublicKey } from 'node:crypto'
import fastifyJwt from '@fastify/jwt'
import { requireBearerAuth } from '@tollgate/auth-fastify'
import Fastify, { type FastifyInstance, type onRequestHookHandler } from 'fastify'
import type { Contender, TokenSource } from '../../contender.js'
import { issuer, resource } from '../../issuer.js'
import { remoteAuth } from './remote-auth.js'

async function serve(app: FastifyInstance, onRequest: onRequestHookHandler[]): Promise<Contender> {
  app.get('/mcp', { onRequest }, async () => ({ ok: true }))
  await app.ready()
  return { listener: (request, response) => app.routing(request, response) }
}

export const open = () => serve(Fastify(), [])

export const tollgate = (source: TokenSource) =>
  serve(Fastify(), [requireBearerAuth(remoteAuth(source), { mcpPath: '/mcp' })])

/** With its cache, which makes it fast and has room for all tokens of a run. */
export async function fastifyJwtCached({ jwk }: TokenSource): Promise<Contender> {
  const app = Fastify()
  const publicKey = createPublicKey({ key: { ...jwk }, format: 'jwk' }).export({
    type: 'spki',
    format: 'pem',
  })
  await app.register(fastifyJwt, {
    secret: { public: publicKey.toString() },
    verify: { algorithms: ['ES256'], allowedIss: issuer, allowedAud: resource, cache: 20_000 },
  })
  return serve(app, [(request) => request.jwtVerify()])
}
