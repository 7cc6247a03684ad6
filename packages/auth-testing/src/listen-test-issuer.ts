import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { createGzip } from 'node:zlib'
import { refuseUnknownOptions } from '@tollgate/auth-core/adapter'
import type { Answer } from './breakage.js'
import { createAnsweringIssuer, type TestIssuer, type TestIssuerOptions } from './test-issuer.js'

/** An issuer on a loopback port. */
export interface ListeningIssuer extends TestIssuer {
  /** Stops listening and closes every connection. */
  close(): Promise<void>
}

/** Creates a test issuer on a real loopback port, for code that accepts no `fetch`. Its issuer is its URL. */
export async function listenTestIssuer(
  options: Omit<TestIssuerOptions, 'issuer'> = {},
): Promise<ListeningIssuer> {
  refuseUnknownOptions('listenTestIssuer', options, { algorithm: true, now: true })
  let listener = async (_request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.end()
  }
  const server = createServer((request, response) => void listener(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { issuer, answer } = await createAnsweringIssuer({ ...options, issuer: origin })
  listener = async (request, response) => {
    const closed = new AbortController()
    response.once('close', () => closed.abort())
    try {
      await send(await answer(origin + (request.url ?? '/'), closed.signal), response)
    } catch {
      request.socket.destroy()
    }
  }
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return Object.create(issuer, { close: { value: close, enumerable: true } }) as ListeningIssuer
}

/** Sends a response piece by piece, as it comes. */
async function send({ response, compressed = false }: Answer, to: ServerResponse): Promise<void> {
  const headers = Object.fromEntries(response.headers)
  to.writeHead(response.status, compressed ? { ...headers, 'content-encoding': 'gzip' } : headers)
  if (response.body === null) {
    to.end()
    return
  }
  const body = Readable.fromWeb(response.body as ReadableStream)
  await pipeline(body, compressed ? createGzip() : new PassThrough(), to)
}
