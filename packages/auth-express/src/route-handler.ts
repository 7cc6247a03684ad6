import { type Answering, toNodeHandler } from '@tollgate/auth-core/node'
import type { RequestHandler } from 'express'

/**
 * Serves one endpoint at a path of your choice: `app.all('/oauth/token', routeHandler(tokens))`.
 *
 * The endpoint is a `TokenHandler` or a `Route`. Does **not** check the path.
 *
 * Works with and without a body parser in front.
 */
export function routeHandler(endpoint: Answering): RequestHandler {
  const handle = toNodeHandler(endpoint)
  return function routeHandler(request, response, next) {
    handle(request, response).catch(next)
  }
}
