import type { IncomingMessage } from 'node:http'

/** The bytes of a chunk: it is text where the application has called `setEncoding`. */
export function bytesOf(request: IncomingMessage, chunk: Buffer | string): Buffer {
  return typeof chunk === 'string' ? Buffer.from(chunk, request.readableEncoding ?? 'utf8') : chunk
}
