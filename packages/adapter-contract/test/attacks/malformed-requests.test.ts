import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectErrorPage, expectOAuthError } from '../harness/expectations.js'
import { anyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp } from '../harness/notes-app.js'
import {
  authorizationUrl,
  Browser,
  newTokens,
  type RegisteredClient,
  register,
} from '../harness/oauth-driver.js'
import { sendBytes, sendRaw } from '../harness/raw-http.js'

const form = 'application/x-www-form-urlencoded'
const json = 'application/json'

interface Endpoint {
  readonly path: string
  readonly type: string
  readonly isPage: boolean
  /** The error code for an unreadable body. */
  readonly error: string
  /** The body limit in bytes. */
  readonly limit: number
}

const endpoints: Endpoint[] = [
  { path: '/authorize', type: form, isPage: true, error: 'invalid_request', limit: 65_536 },
  { path: '/consent', type: form, isPage: true, error: 'invalid_request', limit: 65_536 },
  { path: '/token', type: form, isPage: false, error: 'invalid_request', limit: 65_536 },
  { path: '/revoke', type: form, isPage: false, error: 'invalid_request', limit: 65_536 },
  { path: '/introspect', type: form, isPage: false, error: 'invalid_request', limit: 65_536 },
  { path: '/register', type: json, isPage: false, error: 'invalid_client_metadata', limit: 16_384 },
]

/** Unreadable form bodies. */
const unreadable: [string, string | Uint8Array][] = [
  ['a broken escape', 'client_id=%zz'],
  ['a broken escape in a name', '%zz=a'],
  ['an escape that ends early', 'client_id=a%'],
  ['an escape that is not UTF-8', 'client_id=%ff%fe'],
  ['half a character', 'client_id=%e2%82'],
  ['an overlong character', 'client_id=%c0%ae'],
  ['a surrogate', 'client_id=%ed%a0%80'],
  ['bytes that are not UTF-8', Buffer.from([...Buffer.from('client_id='), 0xff, 0xfe])],
  ['zipped bytes', gzipSync('client_id=a')],
  ['a repeated parameter', 'client_id=a&client_id=b'],
  ['a repeated unknown parameter', 'x=1&x=2'],
  ['parameters repeated in another spelling', 'x=1&%78=2'],
]

/** Readable form bodies without a known parameter. */
const meaningless: [string, string][] = [
  ['nothing', ''],
  ['ampersands', '&&&&'],
  ['equals signs', '====&a=&='],
  ['JSON', '{"client_id":"a","grant_type":"authorization_code"}'],
  ['members of every object', '__proto__=a&constructor=b&hasOwnProperty=c&toString=d'],
  ['brackets', 'client_id[]=a&client_id[b]=c&grant_type[0]=authorization_code'],
  ['a zero byte', 'client_id=%00&transaction=%00&token=%00'],
  ['many parameters', Array.from({ length: 5000 }, (_, i) => `p${i}=x`).join('&')],
]

const documents: [string, string | Uint8Array][] = [
  ['a document that ends early', '{"redirect_uris":["https://c.example/'],
  ['two documents', '{}{}'],
  ['a comment', '{/**/}'],
  ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
  ['another encoding', Buffer.from('{"redirect_uris":["https://c.example/cb"]}', 'utf16le')],
  ['zipped bytes', gzipSync('{"redirect_uris":["https://c.example/cb"]}')],
  ['lists in lists', '['.repeat(8000) + ']'.repeat(8000)],
  ['objects in objects', `${'{"a":'.repeat(2500)}1${'}'.repeat(2500)}`],
  ['33 levels', `{"redirect_uris":["https://c.example/cb"],"x":${'['.repeat(32)}${']'.repeat(32)}}`],
]

type Body = string | Uint8Array | Uint8Array[]

async function sendTo({ origin }: RunningHost, path: string, type: string, body: Body): Promise<Response> {
  const answer = await sendRaw(`${origin}${path}`, { headers: { 'content-type': type }, body })
  return new Response(answer.body, { status: answer.status, headers: answer.headers })
}

async function expectRefusal({ isPage, error }: Endpoint, response: Response, status = 400) {
  if (isPage) expect(await expectErrorPage(response, status)).toContain(`<code>${error}</code>`)
  else await expectOAuthError(response, status, error)
}

describe.each(endpoints)('request bodies: $path', (endpoint) => {
  const { path, type, isPage } = endpoint
  let host: RunningHost
  beforeAll(async () => {
    host = await anyHost.start(notesApp())
  })
  afterAll(() => host.close())

  if (type === form) {
    test.each(unreadable)('D-04 D-11 D-22 D-23 a body with %s is refused', async (_name, body) => {
      await expectRefusal(endpoint, await sendTo(host, path, type, body))
    })

    test.each(meaningless)(
      'D-06 D-22 a body with %s is treated as empty and refused',
      async (_name, body) => {
        const response = await sendTo(host, path, type, body)
        if (isPage) await expectErrorPage(response, 400)
        else await expectOAuthError(response, 401, 'invalid_client')
      },
    )
  } else {
    test.each(documents)('F-22 a registration with %s is refused', async (_name, body) => {
      await expectRefusal(endpoint, await sendTo(host, path, type, body))
    })
  }
})

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  let client: RegisteredClient
  beforeAll(async () => {
    host = await start(notesApp())
    client = await register(host.origin)
  })
  afterAll(() => host.close())

  const send = (path: string, type: string, body: Body) => sendTo(host, path, type, body)

  describe.each(endpoints)('$path', (endpoint) => {
    const { path, type, limit } = endpoint

    test('D-23 F-22 bytes that are not UTF-8 are refused', async () => {
      await expectRefusal(endpoint, await send(path, type, Buffer.from([0x61, 0x3d, 0xff, 0xfe])))
      await expectRefusal(endpoint, await send(path, type, gzipSync('client_id=a')))
    })

    test.each(['', 'text/plain', 'multipart/form-data; boundary=x', 'x', ';', 'a/b/c', '*/*'])(
      'D-02 F-01 a body of the type %j is refused',
      async (other) => {
        await expectRefusal(endpoint, await send(path, other, 'client_id=a'))
      },
    )

    test('D-22 F-22 a body one byte over the limit is refused, a body at the limit is not', async () => {
      const body = Buffer.alloc(limit + 1, 'a')
      await expectRefusal(endpoint, await send(path, type, body), 413)
      await expectRefusal(
        endpoint,
        await send(path, type, [body.subarray(0, limit), body.subarray(limit)]),
        413,
      )
      const largest = await send(path, type, body.subarray(1))
      expect([400, 401]).toContain(largest.status)
    })

    test('D-22 F-22 a body of 10 MiB is refused before it is read', async () => {
      await expectRefusal(endpoint, await send(path, type, Buffer.alloc(160 * 65_536, 'a')), 413)
      const chunks = Array.from({ length: 160 }, () => Buffer.alloc(65_536, 'a'))
      await expectRefusal(endpoint, await send(path, type, chunks), 413)
    })

    test.each(['TRACE', 'PROPFIND', 'PURGE', 'SEARCH'])('O-09 the method %s is refused', async (method) => {
      const { status, body } = await sendRaw(`${host.origin}${path}`, { method })
      expect([400, 404, 405, 501]).toContain(status)
      expect(body).not.toMatch(/node_modules|\bat .+:\d+:\d+/)
    })

    test('O-09 an aborted request does not disturb the next one', async () => {
      const status = await sendBytes(`${host.origin}${path}`, [
        `POST ${path} HTTP/1.1`,
        'Host: localhost',
        `Content-Type: ${type}`,
        'Content-Length: 100',
        '',
        'client_id=a',
      ])
      expect(status).toBeLessThan(500)
      await expectRefusal(endpoint, await send(path, 'text/plain', 'x'))
    })
  })

  test.each([
    ['a broken escape', 'client_id=%zz'],
    ['an escape that is not UTF-8', 'client_id=%ff'],
    ['a broken escape in an unread parameter', 'CLIENT&x=%'],
    ['nothing', ''],
    ['only separators', '&&=&'],
    ['members of every object', '__proto__=a&constructor=b'],
    ['brackets', 'client_id[]=a&client_id[b]=c'],
  ])('C-02 C-10 an authorization request with %s in its query shows an error page', async (_name, query) => {
    const filled = query.replace('CLIENT', authorizationUrl('', client).replace(/^.*\?/, ''))
    await expectErrorPage(await new Browser('alice').open(`${host.origin}/authorize?${filled}`), 400)
  })

  test.each([
    ['bytes in the query', 'GET /authorize?client_id=\xff\xfe HTTP/1.1', ['Host: localhost']],
    [
      'bytes in a header',
      'GET /authorize HTTP/1.1',
      ['Host: localhost', 'Cookie: a=\xff; tollgate-browser=\xfe'],
    ],
    [
      'an absolute target',
      'POST http://evil.example/token HTTP/1.1',
      ['Host: evil.example', 'Content-Length: 0'],
    ],
    ['slashes in front', 'GET //authorize HTTP/1.1', ['Host: localhost']],
    ['dots', 'GET /x/../authorize HTTP/1.1', ['Host: localhost']],
    ['a broken host', 'GET /authorize HTTP/1.1', ['Host: a b']],
    ['an empty host', 'GET /authorize HTTP/1.1', ['Host:']],
    [
      'two content types',
      'POST /token HTTP/1.1',
      ['Host: localhost', `Content-Type: ${form}`, `Content-Type: ${json}`, 'Content-Length: 0'],
    ],
    ['two lengths', 'POST /token HTTP/1.1', ['Host: localhost', 'Content-Length: 0', 'Content-Length: 1']],
  ])('O-09 a request with %s is refused and changes nothing', async (_name, line, headers) => {
    const status = await sendBytes(host.origin, [line, ...headers, 'Connection: close'])
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
    expect((await newTokens(host.origin, client)).token_type).toBe('Bearer')
  })

  test('E-03 L-16 two Authorization headers are refused instead of merged', async () => {
    const confidential = await register(host.origin, { token_endpoint_auth_method: 'client_secret_basic' })
    const { client_id, client_secret } = confidential
    const right = `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`
    const headers = (authorizations: string[]) => [
      'POST /revoke HTTP/1.1',
      'Host: localhost',
      `Content-Type: ${form}`,
      'Content-Length: 7',
      'Connection: close',
      ...authorizations.map((one) => `Authorization: ${one}`),
      '',
      'token=x',
    ]
    expect(await sendBytes(host.origin, headers([right]))).toBe(200)
    expect(await sendBytes(host.origin, headers([right, 'Basic YTpi']))).toBe(401)
    expect(await sendBytes(host.origin, headers(['Basic YTpi', right]))).toBe(401)
  })

  test('D-04 D-23 the order and number of parameters do not matter', async () => {
    const padding = Array.from({ length: 1000 }, (_, i) => `p${i}=${i}`).join('&')
    const response = await send('/revoke', form, `${padding}&token=x&&=&client_id=${client.client_id}`)
    expect(response.status).toBe(200)
  })
})
