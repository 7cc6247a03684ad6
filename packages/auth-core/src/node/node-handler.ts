import type { ServerResponse } from 'node:http'
import type { Route } from '../http/route.js'
import { fromNodeRequest, type NodeRequest } from './node-request.js'
import { sendHttpResponse } from './node-response.js'

/** Responds to a request that is given as plain data: a `Route` or a `TokenHandler`. */
export type Answering = Pick<Route, 'answer'>

/**
 * Serves one endpoint with Node's own server: `createServer(toNodeHandler(new TokenHandler({ provider })))`. Does **not**
 * check the path. If a body parser has read a form, `request.body` is used.
 *
 * No request makes the promise of the handler reject.
 */
export function toNodeHandler(
  endpoint: Answering,
): (request: NodeRequest, response: ServerResponse) => Promise<void> {
  if (typeof endpoint?.answer !== 'function')
    throw new TypeError('toNodeHandler: the endpoint must be a TokenHandler or a Route.')
  return async function answerRequest(request, response) {
    sendHttpResponse(response, await endpoint.answer(fromNodeRequest(request), request))
  }
}
