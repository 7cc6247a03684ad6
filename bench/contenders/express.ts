import type { RequestListener } from 'node:http'
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
import { requireBearerAuth as sdkGate } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import { JWTVerifier } from '@tollgate/auth-core/resource-server'
import { requireBearerAuth } from '@tollgate/auth-express'
import express, { type RequestHandler } from 'express'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { issuer, resource } from '../issuer.js'

function app(...middleware: RequestHandler[]): RequestListener {
  const server = express()
  server.get('/mcp', ...middleware, (_request, response) => {
    response.json({ ok: true })
  })
  return server
}

export const noOp = () => app((_request, _response, next) => next())

export const tollgate = (jwksUri: string) =>
  app(
    requireBearerAuth(
      new JWTVerifier({ issuer, jwksUri, audience: resource, requiredScopes: ['notes:read'] }),
    ),
  )

export function sdkV1(jwksUri: string): RequestListener {
  const keys = createRemoteJWKSet(new URL(jwksUri))
  return app(
    sdkGate({
      requiredScopes: ['notes:read'],
      verifier: {
        async verifyAccessToken(token) {
          try {
            const { payload } = await jwtVerify(token, keys, { issuer, audience: resource, typ: 'at+jwt' })
            return {
              token,
              clientId: String(payload['client_id']),
              scopes: String(payload['scope']).split(' '),
              expiresAt: payload.exp as number,
            }
          } catch {
            throw new InvalidTokenError('invalid token')
          }
        },
      },
    }),
  )
}
