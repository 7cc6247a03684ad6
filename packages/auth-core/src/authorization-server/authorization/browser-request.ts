import { type HttpRequest, targetOf } from '../../http/http-request.js'
import { urlOrigin } from '../../options/url.js'

/** A request from a browser. A `ServerCall` is one. */
export interface BrowserCall {
  readonly server: { readonly urls: { readonly authorize: string } }
  readonly http: HttpRequest
}

/**
 * The browser's request as hooks are given it, without its body. The URL is the public one: what the server sees
 * behind a proxy is not what the user's browser asked for.
 */
export function browserRequest({ server, http }: BrowserCall): Request {
  return new Request(`${urlOrigin(server.urls.authorize)}${targetOf(http)}`, {
    method: http.method,
    headers: http.headers(),
  })
}
