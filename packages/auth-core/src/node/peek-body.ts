import type { IncomingMessage } from 'node:http'
import { bodyIncomplete, bodyTooLarge } from '../http/read-bytes.js'
import { bytesOf } from './body-chunk.js'

/** The requests whose body was read and put back. */
const putBack = new WeakSet<IncomingMessage>()

/** Whether the body is still to be read: nobody has begun, or it was put back. */
export function isBodyUnread(request: IncomingMessage): boolean {
  return !request.readableDidRead || (putBack.has(request) && !request.readableEnded)
}

/**
 * Reads the body of a request and puts it back, so that whatever reads it later finds it untouched. For a body that
 * nobody has begun to read.
 *
 * @param limit In bytes.
 * @throws `invalid_request`: with 413 as soon as there are more, or if the client goes away. Then the body is gone.
 */
export function peekBody(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  // To ask for what is not there would end the stream, and what reads it later would wait for its end.
  if (hasArrived(request) && request.readableLength === 0) return Promise.resolve(new Uint8Array())
  // What happens to it now, nobody is told any more.
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

    /** In the same turn in which the last of it was read: after the end, nothing can be put back. */
    function finish(): void {
      stopListening()
      const body = Buffer.concat(chunks)
      // As what it was read as, because a stream of text hands on what was put back as it is.
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

/** Whether nothing more will come. Over HTTP/2, `complete` says so only when all of it has been read. */
function hasArrived(
  request: IncomingMessage & { readonly stream?: { readonly readableEnded: boolean } },
): boolean {
  return request.complete || request.stream?.readableEnded === true
}
