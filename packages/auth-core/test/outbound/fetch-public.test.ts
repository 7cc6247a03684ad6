import https from 'node:https'
import { type AddressInfo, connect, createServer } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fetchJson } from '../../src/outbound/fetch-json.js'
import { fetchPublic as ofOtherRuntimes } from '../../src/outbound/fetch-public.js'
import { createFetchPublic, fetchPublic, type PublicNetwork } from '../../src/outbound/fetch-public.node.js'
import { type Answer, json, status } from '../harness/loopback-server.js'
import { clientCertificate, startTlsServer, type TlsServer } from '../harness/tls-server.js'

const url = 'https://client.example/metadata.json'

let server: TlsServer
beforeEach(async () => {
  server = await startTlsServer(json({ a: 1 }))
})
afterEach(() => server.close())

/** The production code in a network in which loopback is public, and `client.example` is there. */
function publicFetch(network: Partial<PublicNetwork> = {}) {
  return createFetchPublic({
    resolve: async () => ['127.0.0.1'],
    isPublic: (address) => address.startsWith('127.'),
    connection: { port: server.port, ca: clientCertificate },
    ...network,
  })
}

function encoded(encoding: string, body: Uint8Array): Answer {
  return (_request, response) => {
    response.setHeader('content-encoding', encoding)
    response.end(body)
  }
}

test('returns status, headers and body', async () => {
  server.answerWith((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', etag: '"1"' }).end('{"a":1}')
  })
  const response = await publicFetch()(url, {})
  expect([response.status, response.headers.get('etag'), await response.json()]).toEqual([
    200,
    '"1"',
    { a: 1 },
  ])
  expect(server.requests).toEqual([url])
  expect(await fetchJson(url, { fetch: publicFetch() })).toEqual({ a: 1 })
  await server.idle()
})

test('304 and 204 have no body', async () => {
  for (const code of [304, 204]) {
    server.answerWith(status(code))
    const response = await publicFetch()(url, {})
    expect([response.status, response.body]).toEqual([code, null])
  }
  await server.idle()
})

describe('the address', () => {
  test('M-03 a name with an address that is not public is refused without a connection', async () => {
    for (const addresses of [['10.0.0.1'], ['127.0.0.1', '10.0.0.1'], ['127.0.0.1', '::1'], []]) {
      await expect(publicFetch({ resolve: async () => addresses })(url, {})).rejects.toThrow(
        /^client\.example has (?:an address that is not public|no address)$/,
      )
    }
    expect(server.connections()).toBe(0)
    expect((await publicFetch()(url, {})).status).toBe(200)
  })

  test('M-03 a name is resolved once, so a changed address has no effect', async () => {
    const resolve = vi.fn(async () => ['127.0.0.1']).mockResolvedValueOnce(['127.0.0.1'])
    resolve.mockResolvedValue(['10.0.0.1'])
    expect((await publicFetch({ resolve })(url, {})).status).toBe(200)
    expect(resolve).toHaveBeenCalledOnce()
    // The next fetch asks again.
    await expect(publicFetch({ resolve })(url, {})).rejects.toThrow('not public')
  })

  test('M-03 the connection goes to the checked address, not to that of the system resolver', async () => {
    // The server listens at 127.0.0.1 alone.
    await expect(publicFetch({ resolve: async () => ['127.0.0.2'] })(url, {})).rejects.toThrow('127.0.0.2')
    expect(server.connections()).toBe(0)
  })

  test('M-03 the remote address is checked before anything is sent', async () => {
    const isPublic = vi.fn(() => false).mockReturnValueOnce(true)
    await expect(publicFetch({ isPublic })(url, {})).rejects.toThrow('connected to another address')
    expect(isPublic.mock.calls).toEqual([['127.0.0.1'], ['127.0.0.1']])
    await server.idle()
    expect(server.requests).toEqual([])
  })

  test('M-03 one reachable address of several is enough', async () => {
    const fetch = publicFetch({ resolve: async () => ['127.0.0.9', '127.0.0.1'] })
    expect((await fetch(url, {})).status).toBe(200)
  })

  test('M-02 an address in the URL is checked before anything else', async () => {
    const resolve = vi.fn(async () => ['127.0.0.1'])
    for (const host of ['127.0.0.1', '0x7f.1', '[::ffff:169.254.169.254]', '[::1]']) {
      await expect(publicFetch({ resolve })(`https://${host}/`, {})).rejects.toThrow('not public')
    }
    expect(resolve).not.toHaveBeenCalled()
    expect(server.connections()).toBe(0)
  })

  test('M-03 a failure of the resolver is a failure of the fetch', async () => {
    const resolve = () => Promise.reject(new Error('SERVFAIL'))
    await expect(publicFetch({ resolve })(url, {})).rejects.toThrow('SERVFAIL')
  })
})

describe('a proxy of the environment', () => {
  /** Speaks to nobody, and notes who has connected. */
  async function startProxy() {
    let connections = 0
    const proxy = createServer((socket) => {
      connections += 1
      socket.destroy()
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const { port } = proxy.address() as AddressInfo
    return { port, connections: () => connections, close: () => proxy.close() }
  }

  test('M-17 is not used, whatever variable names it', async () => {
    const proxy = await startProxy()
    for (const name of ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'])
      vi.stubEnv(name, `http://127.0.0.1:${proxy.port}`)
    vi.stubEnv('NODE_USE_ENV_PROXY', '1')
    try {
      expect(await fetchJson(url, { fetch: publicFetch() })).toEqual({ a: 1 })
      expect([server.connections(), proxy.connections()]).toEqual([1, 0])
      // Nor does it let anything through that has no public address.
      const inside = publicFetch({ isPublic: () => false })
      await expect(fetchJson(url, { fetch: inside })).rejects.toThrow('not public')
      expect([server.connections(), proxy.connections()]).toEqual([1, 0])
    } finally {
      vi.unstubAllEnvs()
      proxy.close()
    }
  })

  test('M-17 M-03 is not used, even if it is the global agent of the application', async () => {
    const proxy = await startProxy()
    class ThroughProxy extends https.Agent {
      override createConnection() {
        return connect(proxy.port, '127.0.0.1')
      }
    }
    const before = https.globalAgent
    https.globalAgent = new ThroughProxy()
    try {
      expect(await fetchJson(url, { fetch: publicFetch() })).toEqual({ a: 1 })
      expect([server.connections(), proxy.connections()]).toEqual([1, 0])
    } finally {
      https.globalAgent = before
      proxy.close()
    }
  })
})

describe('the certificate', () => {
  test('must be for the requested name', async () => {
    await expect(publicFetch()('https://other.example/', {})).rejects.toThrow(/altnames/)
    expect((await publicFetch()('https://www.client.example/', {})).status).toBe(200)
  })

  test('must be from a trusted authority, regardless of the environment', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    await expect(publicFetch({ connection: { port: server.port } })(url, {})).rejects.toThrow(/self-signed/)
    vi.unstubAllEnvs()
    for (const [message] of warn.mock.calls) expect(message).toContain('NODE_TLS_REJECT_UNAUTHORIZED')
    warn.mockRestore()
    expect(server.requests).toEqual([])
  })
})

describe('limits', () => {
  const soon = () => ({ signal: AbortSignal.timeout(50) })

  test('M-05 a redirect fails after one request', async () => {
    server.answerWith(status(302, { location: 'https://www.client.example/' }))
    await expect(publicFetch()(url, {})).rejects.toThrow('responded with a redirect')
    expect(server.requests).toEqual([url])
    await server.idle()
  })

  test('M-06 the deadline covers a resolver that never answers', async () => {
    const resolve = () => new Promise<string[]>(() => {})
    await expect(publicFetch({ resolve })(url, soon())).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  test('M-06 the deadline covers a server that accepts and never responds, before TLS and after', async () => {
    const mute = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
    await new Promise((resolve) => mute.once('listening', resolve))
    const { port } = mute.address() as { port: number }
    await expect(publicFetch({ connection: { port } })(url, soon())).rejects.toMatchObject({
      name: 'TimeoutError',
    })
    mute.close()
    server.answerWith(() => {})
    await expect(publicFetch()(url, soon())).rejects.toMatchObject({ name: 'TimeoutError' })
    await server.idle()
  })

  test.each<[string, Answer]>([
    ['stops', (_request, response) => response.write('{')],
    [
      'drips',
      (_request, response) => {
        const timer = setInterval(() => response.write(' '), 5)
        response.on('close', () => clearInterval(timer))
      },
    ],
  ])('M-06 the deadline covers a body that %s', async (_, answer) => {
    server.answerWith((request, response) => {
      response.flushHeaders()
      answer(request, response)
    })
    const deadline = new AbortController()
    const response = await publicFetch()(url, { signal: deadline.signal })
    const text = response.text()
    deadline.abort(new Error('too late'))
    await expect(text).rejects.toThrow('too late')
    await server.idle()
  })

  test('M-07 an endless body ends at the limit, and so does its connection', async () => {
    server.answerWith(function pour(_request, response) {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(16 * 1024)));
      }
      response.on('drain', more)
      more()
    })
    await expect((await publicFetch()(url, {})).text()).rejects.toThrow('more than 131072 bytes')
    await server.idle()
  })

  test.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
  ])('M-07 the limit counts what a %s body unpacks to', async (encoding, compress) => {
    server.answerWith(encoded(encoding, compress(Buffer.from('{"a":"ü"}'))))
    expect(await (await publicFetch()(url, {})).json()).toEqual({ a: 'ü' })

    const bomb = compress(Buffer.alloc(4 * 1024 * 1024))
    expect(bomb.byteLength).toBeLessThan(5 * 1024)
    server.answerWith(encoded(encoding, bomb))
    await expect((await publicFetch()(url, {})).text()).rejects.toThrow('more than 131072 bytes')
    await expect(fetchJson(url, { fetch: publicFetch(), limit: 5120 })).rejects.toThrow(
      'more than 5120 bytes',
    )
    await server.idle()
  })

  test.each(['zstd', 'gzip, gzip', 'compress'])('M-07 a body that is %s is refused', async (encoding) => {
    server.answerWith(encoded(encoding, gzipSync(gzipSync('{}'))))
    await expect(publicFetch()(url, {})).rejects.toThrow('encoding')
    await server.idle()
  })

  test('a body that only claims to be compressed is a failure', async () => {
    server.answerWith(encoded('gzip', Buffer.from('{}')))
    await expect((await publicFetch()(url, {})).text()).rejects.toThrow(/header check/)
    await server.idle()
  })

  test('M-07 headers have their own limit', async () => {
    server.answerWith(status(200, { 'x-long': 'x'.repeat(20_000) }))
    await expect(publicFetch()(url, {})).rejects.toThrow(/Header overflow|Headers Overflow/i)
    await server.idle()
  })

  test('a body that is shorter than announced is a failure', async () => {
    server.answerWith((_request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{}', () => response.destroy())
    })
    await expect((await publicFetch()(url, {})).text()).rejects.toThrow(/aborted|terminated/)
  })

  test('an invalid status is a failure', async () => {
    server.answerWith(status(999))
    await expect(publicFetch()(url, {})).rejects.toThrow(RangeError)
    await server.idle()
  })

  test('aborting the fetch closes the connection', async () => {
    server.answerWith((_request, response) => response.write('{'))
    await (await publicFetch()(url, {})).body?.cancel()
    await server.idle()
  })
})

test('M-08 requests carry no cookies or credentials, and connections are not reused', async () => {
  const seen: object[] = []
  server.answerWith((request, response) => {
    seen.push(request.headers)
    response.setHeader('set-cookie', 'a=1').end('{}')
  })
  const fetch = publicFetch()
  for (let i = 0; i < 2; i += 1) await (await fetch(url, { headers: { cookie: 'a=1' } })).text()
  const host = `client.example:${server.port}`
  const sent = { host, accept: 'application/json', 'user-agent': 'tollgate', connection: 'close' }
  expect(seen).toEqual([sent, sent])
  expect(server.connections()).toBe(2)
})

describe('in the real network', () => {
  test.each([
    'https://127.0.0.1/',
    'https://localhost/',
    'https://metadata.google.internal/',
    'https://[::1]/',
  ])('M-02 M-12 %s is refused', async (forbidden) => {
    await expect(fetchPublic?.(forbidden, {})).rejects.toThrow(/not public|local host/)
  })
})

test('M-12 there is no such fetch on runtimes that cannot connect to a chosen address', () => {
  expect(ofOtherRuntimes).toBeUndefined()
})
