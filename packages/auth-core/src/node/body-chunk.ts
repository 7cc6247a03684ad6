import type { IncomingMessage } from 'node:http'

/** Returns the bytes of a chunk. It is text if the application has called `setEncoding`. */
export function bytesOf(request: IncomingMessage, chunk: Buffer | string): Buffer {
  return typeof chunk === 'string' ? Buffer.from(chunk, request.readableEncoding ?? 'utf8') : chunk
}
