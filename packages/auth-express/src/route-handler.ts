import { type Answering, toNodeHandler } from '@tollgate/auth-core/node'
import type { RequestHandler } from 'express'

/**
 * Serves one endpoint where the application mounts it itself: `app.all('/oauth/token', routeHandler(tokens))`, with a
 * `TokenHandler` or a `Route`. Does **not** look at the path.
 *
 * Body parsers may run before it or not.
 */
export function routeHandler(endpoint: Answering): RequestHandler {
  const handle = toNodeHandler(endpoint)
  return function routeHandler(request, response, next) {
    handle(request, response).catch(next)
  }
}
