import { getRequestListener } from '@hono/node-server'
import { OAuthError, OAuthErrorCode, requireBearerAuth as sdkGate } from '@modelcontextprotocol/server'
import { requireBearerAuth } from '@tollgate/auth-hono'
import { Hono, type MiddlewareHandler } from 'hono'
import type { Contender, TokenSource } from '../../contender.js'
import { remoteAuth } from './remote-auth.js'
import { verifyWithJose } from './verify-with-jose.js'

function app(middleware: MiddlewareHandler): Contender {
  const server = new Hono()
  server.use('/mcp', middleware)
  server.get('/mcp', (c) => c.json({ ok: true }))
  return { listener: getRequestListener(server.fetch) }
}

export const noOp = () => app((_c, next) => next())

export const tollgate = (source: TokenSource) =>
  app(requireBearerAuth(remoteAuth(source), { mcpPath: '/mcp' }))

export function sdkV2(source: TokenSource): Contender {
  const verify = verifyWithJose(source)
  const gate = sdkGate({
    requiredScopes: ['notes:read'],
    verifier: {
      async verifyAccessToken(token) {
        try {
          return await verify(token)
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
