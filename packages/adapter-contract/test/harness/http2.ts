import type { RequestListener } from 'node:http'
import { connect, createServer, Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { RunningHost } from './listen.js'

/** Serves an application over HTTP/2 without TLS, where clients can send any token as method. */
export async function listenHttp2(
  build: (origin: string) => RequestListener | Promise<RequestListener>,
): Promise<RunningHost> {
  let listener: RequestListener = () => {}
  const server = createServer((request, response) => {
    // Frameworks treat both kinds alike.
    const { req, res } = { req: request, res: response } as unknown as Record<'req' | 'res', never>
    listener(req, res)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`
  listener = overHttp2(await build(origin))
  return { origin, close: () => new Promise((resolve) => server.close(() => resolve())) }
}

/** Express replaces the prototypes of its arguments: those of HTTP/2 must come behind its own. */
function overHttp2(listener: RequestListener & { request?: object; response?: object }): RequestListener {
  if (listener.request !== undefined) Object.setPrototypeOf(listener.request, Http2ServerRequest.prototype)
  if (listener.response !== undefined) Object.setPrototypeOf(listener.response, Http2ServerResponse.prototype)
  return listener
}

export interface Http2Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export function sendHttp2(
  url: string,
  { method, headers = {}, body }: { method: string; headers?: Record<string, string>; body?: string },
): Promise<Http2Answer> {
  const { origin, pathname } = new URL(url)
  const session = connect(origin.replace('localhost', '127.0.0.1'))
  return new Promise((resolve, reject) => {
    const stream = session.request({ ...headers, ':method': method, ':path': pathname })
    let answer: Http2Answer = { status: 0, headers: {}, body: '' }
    let received = ''
    stream.setEncoding('utf8')
    stream.on('response', (fields) => {
      const named = Object.entries(fields).map(([name, value]) => [name, String(value)])
      answer = { status: Number(fields[':status']), headers: Object.fromEntries(named), body: '' }
    })
    stream.on('data', (text: string) => {
      received += text
    })
    stream.on('error', reject)
    session.on('error', reject)
    stream.on('end', () => {
      session.close()
      resolve({ ...answer, body: received })
    })
    stream.end(body)
  })
}
