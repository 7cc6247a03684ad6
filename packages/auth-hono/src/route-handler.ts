import type { Route } from '@tollgate/auth-core/resource-server'
import type { Handler } from 'hono'
import { requestOf } from './auth-routes.js'
import { send } from './send.js'

/**
 * Serves one endpoint at a path of your choice: `app.all('/oauth/token', routeHandler(tokens))`.
 *
 * The endpoint is a `TokenHandler` or a `Route`. Does **not** check the path.
 *
 * Works even if other middleware has read the body through Hono.
 */
export function routeHandler(endpoint: Pick<Route, 'answer'>): Handler {
  if (typeof endpoint?.answer !== 'function')
    throw new TypeError('routeHandler: the endpoint must be a TokenHandler or a Route.')
  return async function routeHandler(c) {
    return send(c, await endpoint.answer(await requestOf(c), c))
  }
}
