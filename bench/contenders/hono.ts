import type { RequestListener } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { OAuthError, OAuthErrorCode, requireBearerAuth as sdkGate } from '@modelcontextprotocol/server'
import { JWTVerifier } from '@tollgate/auth-core/resource-server'
import { requireBearerAuth } from '@tollgate/auth-hono'
import { Hono, type MiddlewareHandler } from 'hono'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { issuer, resource } from '../issuer.js'

function app(...middleware: MiddlewareHandler[]): RequestListener {
  const server = new Hono()
  for (const one of middleware) server.use('/mcp', one)
  server.get('/mcp', (c) => c.json({ ok: true }))
  return getRequestListener(server.fetch)
}

export const noOp = () => app((_c, next) => next())

export const tollgate = (jwksUri: string) =>
  app(
    requireBearerAuth(
      new JWTVerifier({ issuer, jwksUri, audience: resource, requiredScopes: ['notes:read'] }),
    ),
  )

export function sdkV2(jwksUri: string): RequestListener {
  const keys = createRemoteJWKSet(new URL(jwksUri))
  const gate = sdkGate({
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
          throw new OAuthError(OAuthErrorCode.InvalidToken, 'invalid token')
        }
      },
    },
  })
  return app(async (c, next) => {
    const answer = await gate(c.req.raw)
    if (answer instanceof Response) return answer
    c.set('auth', answer)
    await next()
    return undefined
  })
}
