import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
import { requireBearerAuth as sdkGate } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import { requireBearerAuth } from '@tollgate/auth-express'
import express, { type RequestHandler } from 'express'
import type { Contender, TokenSource } from '../../contender.js'
import { remoteAuth } from './remote-auth.js'
import { verifyWithJose } from './verify-with-jose.js'

function app(middleware: RequestHandler): Contender {
  const listener = express()
  listener.get('/mcp', middleware, (_request, response) => {
    response.json({ ok: true })
  })
  return { listener }
}

export const noOp = () => app((_request, _response, next) => next())

export const tollgate = (source: TokenSource) =>
  app(requireBearerAuth(remoteAuth(source), { mcpPath: '/mcp' }))

export function sdkV1(source: TokenSource): Contender {
  const verify = verifyWithJose(source)
  return app(
    sdkGate({
      requiredScopes: ['notes:read'],
      verifier: {
        async verifyAccessToken(token) {
          try {
            return await verify(token)
          } catch {
            throw new InvalidTokenError('invalid token')
          }
        },
      },
    }),
  )
}
