import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { headersOf, type NodeRequest } from './node-request.js'
import { isBodyUnread } from './peek-body.js'

/**
 * Makes a web `Request` of a Node request, for handlers that take one. If a parser has read the body, the `Request` has
 * none: pass the parsed body along.
 *
 * @param origin The public origin of the application. The client chooses the `Host` header, so it is not used.
 */
export function toWebRequest(request: NodeRequest, response: ServerResponse, origin: string): Request {
  return abortableWebRequest(request, response, origin, new AbortController())
}

/** @param aborted Tells the handler to stop, when the client disconnects or when the caller aborts it. */
export function abortableWebRequest(
  request: NodeRequest,
  response: ServerResponse,
  origin: string,
  aborted: AbortController,
): Request {
  response.once('close', () => {
    if (!response.writableFinished) aborted.abort()
  })
  const method = request.method ?? 'GET'
  // A parser that found nothing has read the stream to its end, too.
  const hasBody = method !== 'GET' && method !== 'HEAD' && isBodyUnread(request) && !request.readableEnded
  return new Request(publicUrl(request, origin), {
    method,
    headers: headersOf(request),
    signal: aborted.signal,
    ...(hasBody ? { body: Readable.toWeb(request) as unknown as ReadableStream, duplex: 'half' } : {}),
  } as RequestInit)
}

/** Joined as text: a URL parser would take `//host` or `https://host` in front of a path for another origin. */
function publicUrl(request: NodeRequest, origin: string): string {
  const path = (request.originalUrl ?? request.url ?? '/').replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '')
  return `${new URL(origin).origin}${path.startsWith('/') ? path : `/${path}`}`
}
