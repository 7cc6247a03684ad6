import { createPublicKey } from 'node:crypto'
import type { RequestListener } from 'node:http'
import fastifyJwt from '@fastify/jwt'
import { JWTVerifier } from '@tollgate/auth-core/resource-server'
import { requireBearerAuth } from '@tollgate/auth-fastify'
import Fastify, { type FastifyInstance } from 'fastify'
import type { JWK } from 'jose'
import { issuer, resource } from '../issuer.js'

async function listener(app: FastifyInstance): Promise<RequestListener> {
  await app.ready()
  return (request, response) => app.routing(request, response)
}

export async function open(): Promise<RequestListener> {
  const app = Fastify()
  app.get('/mcp', async () => ({ ok: true }))
  return listener(app)
}

export async function tollgate(jwksUri: string): Promise<RequestListener> {
  const app = Fastify()
  const verifier = new JWTVerifier({ issuer, jwksUri, audience: resource, requiredScopes: ['notes:read'] })
  app.get('/mcp', { onRequest: requireBearerAuth(verifier) }, async () => ({ ok: true }))
  return listener(app)
}

/** With its cache, which is what makes it fast. */
export async function fastifyJwtCached(_jwksUri: string, jwk: JWK): Promise<RequestListener> {
  const app = Fastify()
  const publicKey = createPublicKey({ key: jwk as never, format: 'jwk' }).export({
    type: 'spki',
    format: 'pem',
  })
  await app.register(fastifyJwt, {
    secret: { public: publicKey.toString() },
    verify: { algorithms: ['ES256'], allowedIss: issuer, allowedAud: resource, cache: true },
  })
  app.get('/mcp', { onRequest: (request) => request.jwtVerify() }, async () => ({ ok: true }))
  return listener(app)
}
