import { type Answering, fromNodeRequest } from '@tollgate/auth-core/node'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { send } from './send.js'

/** Options of a route, as `routeHandler` returns them. */
export interface RouteHandlerOptions {
  readonly handler: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>
  readonly errorHandler: (
    error: FastifyError,
    request: FastifyRequest,
    reply: FastifyReply,
  ) => Promise<FastifyReply>
}

/**
 * Serves one endpoint at a path of your choice: `app.all('/oauth/token', routeHandler(tokens))`.
 *
 * The endpoint is a `TokenHandler` or a `Route`. Does **not** check the path.
 *
 * Works with and without a parser of forms.
 */
export function routeHandler(endpoint: Answering): RouteHandlerOptions {
  if (typeof endpoint?.answer !== 'function')
    throw new TypeError('routeHandler: the endpoint must be a TokenHandler or a Route.')
  const handler: RouteHandlerOptions['handler'] = async (request, reply) => {
    const described = fromNodeRequest(Object.assign(request.raw, { body: request.body }))
    return send(reply, await endpoint.answer(described, request))
  }
  return {
    handler,
    // Without a parser for the media type, Fastify refuses the request before the body is read. The core reads it itself.
    async errorHandler(error, request, reply) {
      if (error.code?.startsWith('FST_ERR_CTP_')) return handler(request, reply)
      throw error
    },
  }
}
