import { type HttpRequest, targetOf } from '../../http/http-request.js'
import { urlOrigin } from '../../options/url.js'

/** A request from a browser. A `ServerCall` is one. */
export interface BrowserCall {
  readonly server: { readonly urls: { readonly authorize: string } }
  readonly http: HttpRequest
}

/**
 * Returns the browser's request for hooks, without its body. Its URL is the public one, which differs from the received
 * URL behind a proxy.
 */
export function browserRequest({ server, http }: BrowserCall): Request {
  return new Request(`${urlOrigin(server.urls.authorize)}${targetOf(http)}`, {
    method: http.method,
    headers: http.headers(),
  })
}
