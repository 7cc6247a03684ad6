import { type Answering, fromNodeRequest } from '@tollgate/auth-core/node'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { send } from './send.js'

/** What `routeHandler` makes: options of a route. */
export interface RouteHandlerOptions {
  readonly handler: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>
  readonly errorHandler: (
    error: FastifyError,
    request: FastifyRequest,
    reply: FastifyReply,
  ) => Promise<FastifyReply>
}

/**
 * Serves one endpoint where the application mounts it itself: `app.all('/oauth/token', routeHandler(tokens))`, with a
 * `TokenHandler` or a `Route`. Does **not** look at the path.
 *
 * The application may have a parser of forms or not.
 */
export function routeHandler(endpoint: Answering): RouteHandlerOptions {
  if (typeof endpoint?.answer !== 'function')
    throw new TypeError('routeHandler: pass a TokenHandler, or a Route.')
  const handler: RouteHandlerOptions['handler'] = async (request, reply) => {
    const described = fromNodeRequest(Object.assign(request.raw, { body: request.body }))
    return send(reply, await endpoint.answer(described, request))
  }
  return {
    handler,
    // Without a parser for the media type, Fastify refuses the request before anybody has read the body: the core reads it.
    async errorHandler(error, request, reply) {
      if (error.code?.startsWith('FST_ERR_CTP_')) return handler(request, reply)
      throw error
    },
  }
}
