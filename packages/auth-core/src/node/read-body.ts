import type { IncomingMessage } from 'node:http'
import { bodyIncomplete, bodyTooLarge } from '../http/read-bytes.js'
import { bytesOf } from './body-chunk.js'

/**
 * Reads the body of a request to its end. Listeners are much cheaper than an iterator.
 *
 * @param limit In bytes.
 * @throws `invalid_request`: with 413 as soon as there are more, or if the client disconnects. The rest is discarded, so
 * that the client can read the response.
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  // A parser has read an empty body. No event will follow.
  if (request.readableEnded) return Promise.resolve(new Uint8Array())
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const close = () => {
      if (!request.readableEnded) reject(bodyIncomplete(new Error('the client went away')))
    }
    request.on('data', (chunk: Buffer | string) => {
      const bytes = bytesOf(request, chunk)
      size += bytes.byteLength
      if (size <= limit) chunks.push(bytes)
      else reject(bodyTooLarge())
    })
    request.once('end', () => resolve(Buffer.concat(chunks)))
    request.once('error', (cause) => reject(bodyIncomplete(cause)))
    request.once('close', close)
    if (request.destroyed) close()
  })
}
