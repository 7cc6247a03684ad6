import { type HttpRequest, targetOf } from '../../http/http-request.js'
import { urlOrigin } from '../../options/url.js'
import type { AuthorizationServer } from '../server/authorization-server.js'

/**
 * The browser's request as hooks are given it, without its body. The URL is the public one: what the server sees
 * behind a proxy is not what the user's browser asked for.
 */
export function browserRequest(server: AuthorizationServer, request: HttpRequest): Request {
  return new Request(`${urlOrigin(server.urls.authorize)}${targetOf(request)}`, {
    method: request.method,
    headers: request.headers(),
  })
}
