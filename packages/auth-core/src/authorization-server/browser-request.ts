import { urlOrigin } from '../configuration-url.js'
import type { HttpRequest } from '../http/http-request.js'
import type { AuthorizationServer } from './authorization-server.js'

/**
 * The browser's request as hooks are given it, without its body. The URL is the public one: what the server sees
 * behind a proxy is not what the user's browser asked for.
 */
export function browserRequest(server: AuthorizationServer, request: HttpRequest): Request {
  const path = request.url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '')
  // Put together as text: a parser takes more beginnings of a path for another host than one can list.
  return new Request(`${urlOrigin(server.urls.authorize)}/${path.replace(/^\/+/, '')}`, {
    method: request.method,
    headers: request.headers(),
  })
}
