import { request } from 'node:http'
import { connect } from 'node:net'

export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface RawRequest {
  readonly method?: string
  /** A list is sent as several fields. */
  readonly headers?: Record<string, string | string[]>
  /** One chunk is sent with `content-length`, several are sent chunked. */
  readonly body?: string | Uint8Array | readonly Uint8Array[]
}

/** Sends what `fetch` refuses: any method, and bodies that the server does not read to the end. */
export function sendRaw(
  url: string,
  { method = 'POST', headers = {}, body }: RawRequest = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const length =
      typeof body === 'string' || body instanceof Uint8Array ? Buffer.byteLength(body) : undefined
    const sent = request(url, {
      method,
      agent: false,
      headers: { ...headers, ...(length === undefined ? {} : { 'content-length': String(length) }) },
    })
    // A server may respond and close before it has read everything. The response counts.
    sent.on('error', reject)
    sent.on('response', (response) => {
      const chunks: Buffer[] = []
      const done = () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(
            Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
          ),
          body: Buffer.concat(chunks).toString(),
        })
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', done)
      response.on('error', reject)
    })
    for (const chunk of body === undefined ? [] : [body].flat()) sent.write(chunk)
    sent.end()
  })
}

/** Sends bytes that no HTTP client would write, and returns the status of the response. */
export function sendBytes(url: string, lines: readonly string[]): Promise<number> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname === 'localhost' ? '127.0.0.1' : hostname)
    let received = ''
    socket.setEncoding('latin1')
    socket.on('error', reject)
    socket.on('data', (text: string) => {
      received += text
    })
    socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(received)?.[1] ?? 0)))
    socket.end(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'))
  })
}
