import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { connect, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { peekBody } from '../../src/node/peek-body.js'
import { readBody } from '../../src/node/read-body.js'

const limit = 1_000_000

type Handler = (request: IncomingMessage) => Promise<unknown>

const running: Server[] = []
afterEach(async () => {
  for (const server of running.splice(0)) await new Promise((resolve) => server.close(resolve))
})

async function portOf(server: Server): Promise<number> {
  running.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** What a handler makes of a request whose body comes in these chunks. */
type Send = (handler: Handler, chunks: readonly Uint8Array[]) => Promise<unknown>

const overHttp1: Send = async (handler, chunks) => {
  let handled: Promise<unknown> | undefined
  const server = createServer(async (request, response) => {
    handled = handler(request)
    await handled.catch(() => {})
    response.setHeader('connection', 'close')
    response.end()
  })
  const port = await portOf(server)
  await new Promise<void>((resolve, reject) => {
    const client = httpRequest({ port, host: '127.0.0.1', method: 'POST' }, (response) => {
      response.resume().once('end', resolve)
    })
    client.on('error', reject)
    send(client, chunks)
  })
  return handled
}

const overHttp2: Send = async (handler, chunks) => {
  let handled: Promise<unknown> | undefined
  const server = createHttp2Server(async (request, response) => {
    // Frameworks hand it on as a request like any other.
    handled = handler(request as unknown as IncomingMessage)
    await handled.catch(() => {})
    response.end()
  })
  const client = connect(`http://127.0.0.1:${await portOf(server)}`)
  await new Promise<void>((resolve, reject) => {
    const stream = client.request({ ':method': 'POST', ':path': '/' })
    stream.on('error', reject)
    stream.resume().once('end', resolve)
    send(stream, chunks)
  })
  client.close()
  return handled
}

/** Each chunk when the one before it has left. */
function send(stream: NodeJS.WritableStream, [chunk, ...others]: readonly Uint8Array[]): void {
  if (chunk === undefined) stream.end()
  else stream.write(chunk, () => setImmediate(() => send(stream, others)))
}

const large = Buffer.from('a=ä'.repeat(50_000))
const bodies: readonly [string, Uint8Array[]][] = [
  ['nothing', []],
  ['three bytes', [Buffer.from('a=b')]],
  ['200 kB', [large]],
  ['chunks', [Buffer.from('a='), Buffer.from([0xc3]), Buffer.from([0xa4]), Buffer.from('&b=c')]],
]

describe.each([
  ['HTTP/1.1', overHttp1],
  ['HTTP/2', overHttp2],
])('over %s', (_, over) => {
  describe.each(bodies)('a body of %s', (_size, chunks) => {
    const whole = Buffer.concat(chunks).toString()

    test.each([undefined, 'utf8', 'hex'] as const)(
      'L-14 L-20 A-73 a peeked body can be read again (encoding: %s)',
      async (encoding) => {
        const read = await over(async (request) => {
          if (encoding !== undefined) request.setEncoding(encoding)
          const peeked = Buffer.from(await peekBody(request, limit)).toString()
          const again = Buffer.from(await peekBody(request, limit)).toString()
          return [peeked, again, Buffer.from(await readBody(request, limit)).toString()]
        }, chunks)
        expect(read).toEqual([whole, whole, whole])
      },
    )

    test('L-20 A-73 a peeked body is put back as text after setEncoding', async () => {
      const read = await over(async (request) => {
        request.setEncoding('utf8')
        await peekBody(request, limit)
        const texts: unknown[] = []
        for await (const chunk of request) texts.push(chunk)
        return texts
      }, chunks)
      expect((read as unknown[]).every((text) => typeof text === 'string')).toBe(true)
      expect((read as string[]).join('')).toBe(whole)
    })
  })

  test.each([undefined, 'utf8'] as const)(
    'L-20 the limit of a body counts bytes (encoding: %s)',
    async (encoding) => {
      for (const read of [peekBody, readBody]) {
        const prepared = (bytes: number) => (request: IncomingMessage) => {
          if (encoding !== undefined) request.setEncoding(encoding)
          return read(request, bytes)
        }
        // Fewer letters than bytes.
        const chunks = [Buffer.from('ä'.repeat(100))]
        await expect(over(prepared(199), chunks)).rejects.toMatchObject({ status: 413 })
        expect(await over(prepared(200), chunks)).toHaveLength(200)
      }
    },
  )
})

test('L-20 a body is incomplete when its client disconnects before it is read', async () => {
  for (const read of [peekBody, readBody]) {
    let settle = (_: unknown) => {}
    const outcome = new Promise((resolve) => {
      settle = resolve
    })
    const server = createServer((request) => {
      request.once('close', () => settle(read(request, limit).catch((error: unknown) => error)))
      client.destroy()
    })
    const port = await portOf(server)
    const client = httpRequest({
      port,
      host: '127.0.0.1',
      method: 'POST',
      headers: { 'content-length': 10 },
    })
    client.on('error', () => {})
    client.write('a=b')
    expect(await outcome).toMatchObject({ code: 'invalid_request', reason: 'body_incomplete' })
  }
})
