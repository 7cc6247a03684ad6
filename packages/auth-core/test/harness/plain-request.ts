import type { HttpRequest } from '../../src/http/http-request.js'
import { readBytes } from '../../src/http/read-bytes.js'

export interface PlainRequest {
  readonly method?: string
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  /** The body as it arrives: in one chunk, or in several. */
  readonly body?: string | Uint8Array | readonly (string | Uint8Array)[]
  /** The body as a framework's parser returned it. */
  readonly parsed?: unknown
}

/** A request as an adapter passes it to a route. */
export function plainRequest({
  method = 'POST',
  url = '/',
  headers = {},
  body,
  parsed,
}: PlainRequest = {}): HttpRequest {
  const chunks = body === undefined ? [] : ([] as (string | Uint8Array)[]).concat(body)
  return {
    method,
    url,
    header: (name) => headers[name],
    headers: () => new Headers(headers),
    body: {
      ...(parsed === undefined ? {} : { parsed }),
      read: (limit) => readBytes(toStream(chunks), limit),
    },
  }
}

async function* toStream(chunks: readonly (string | Uint8Array)[]): AsyncIterable<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk
}
