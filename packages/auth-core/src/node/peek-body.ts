import type { IncomingMessage } from 'node:http'
import { bodyIncomplete, bodyTooLarge } from '../http/read-bytes.js'
import { bytesOf } from './body-chunk.js'

/** Requests whose body was read and put back. */
const putBack = new WeakSet<IncomingMessage>()

/** Whether the body can still be read: nothing has read it, or it was put back. */
export function isBodyUnread(request: IncomingMessage): boolean {
  return !request.readableDidRead || (putBack.has(request) && !request.readableEnded)
}

/**
 * Reads the body of a request and puts it back for later readers. Only for a body that nothing has read.
 *
 * @param limit In bytes.
 * @throws `invalid_request`: with 413 as soon as there are more, or if the client disconnects. Then the body is lost.
 */
export function peekBody(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  // Reading an empty stream would end it, and later readers would wait for the end.
  if (hasArrived(request) && request.readableLength === 0) return Promise.resolve(new Uint8Array())
  // A destroyed stream emits no further events.
  if (request.destroyed) return Promise.reject(bodyIncomplete(new Error(clientWentAway)))
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0

    const listeners: Record<string, (error?: unknown) => void> = {
      readable() {
        while (request.readableLength > 0) {
          const chunk = bytesOf(request, request.read())
          chunks.push(chunk)
          size += chunk.byteLength
        }
        if (size > limit) {
          stopListening()
          request.resume()
          reject(bodyTooLarge())
        } else if (hasArrived(request)) finish()
      },
      end: finish,
      error: fail,
      close: () => fail(new Error(clientWentAway)),
    }

    /** Runs in the same turn as the last read: after the end, nothing can be put back. */
    function finish(): void {
      stopListening()
      const body = Buffer.concat(chunks)
      // In the type that was read, because a stream of text passes on put-back chunks unchanged.
      const encoding = request.readableEncoding
      if (size > 0) request.unshift(encoding === null ? body : body.toString(encoding), encoding ?? undefined)
      putBack.add(request)
      resolve(body)
    }

    function fail(error: unknown): void {
      stopListening()
      reject(bodyIncomplete(error))
    }

    function stopListening(): void {
      for (const [event, listener] of Object.entries(listeners)) request.off(event, listener)
    }

    for (const [event, listener] of Object.entries(listeners)) request.on(event, listener)
  })
}

const clientWentAway = 'the client went away'

/** Whether all of the body has arrived. Over HTTP/2, `complete` is set only after all of it was read. */
function hasArrived(
  request: IncomingMessage & { readonly stream?: { readonly readableEnded: boolean } },
): boolean {
  return request.complete || request.stream?.readableEnded === true
}
