import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as NodeReadableStream } from 'node:stream/web'
import type { HttpResponse } from '../http/http-response.js'

/**
 * Sends a response of the core. Headers, cookies, `Vary` and a CORS policy that the application has set stay. Does nothing
 * if a response has been sent, for example by a time limit of the application.
 */
export function sendHttpResponse(response: ServerResponse, { status, headers, body }: HttpResponse): void {
  if (response.headersSent) return
  response.statusCode = status
  for (const [name, value] of Object.entries(headers)) {
    if (name === 'set-cookie' || name === 'vary') response.appendHeader(name, value)
    else if (name.startsWith('access-control-') && response.hasHeader(name)) continue
    else response.setHeader(name, value)
  }
  response.end(body)
}

/** Streams a web `Response`: each chunk is sent when it arrives. A client that disconnects cancels the stream. */
export async function sendWebResponse(response: ServerResponse, webResponse: Response): Promise<void> {
  response.statusCode = webResponse.status
  for (const [name, value] of webResponse.headers) {
    // The gate has set `Vary`, too.
    if (name === 'vary') response.appendHeader(name, value)
    else if (name !== 'set-cookie') response.setHeader(name, value)
  }
  const cookies = webResponse.headers.getSetCookie()
  if (cookies.length > 0) response.appendHeader('set-cookie', cookies)
  if (webResponse.body === null) {
    response.end()
    return
  }
  response.flushHeaders()
  try {
    await pipeline(Readable.fromWeb(webResponse.body as NodeReadableStream), response)
  } catch {
    // The client has disconnected, or the handler has failed in the middle. No other response can be sent.
    response.destroy()
  }
}
