import { inspect } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { UnusableBody } from '../../src/outbound/fetch-errors.js'
import { fetchJson } from '../../src/outbound/fetch-json.js'
import { json, type LoopbackServer, startServer } from '../harness/loopback-server.js'

let server: LoopbackServer
beforeEach(async () => {
  server = await startServer()
})
afterEach(() => server.close())

test('resolves to the document', async () => {
  server.answerWith(json({ a: ['ü', 1] }))
  expect(await fetchJson(server.origin)).toEqual({ a: ['ü', 1] })
})

test('M-06 the deadline covers a body that arrives slowly', async () => {
  server.answerWith((_request, response) => {
    response.write('{')
    const timer = setInterval(() => response.write(' '), 5)
    response.on('close', () => clearInterval(timer))
  })
  await expect(fetchJson(server.origin, { timeout: 0.1 })).rejects.toMatchObject({ name: 'TimeoutError' })
})

test('M-06 the deadline covers a source that never responds', async () => {
  server.answerWith(() => {})
  await expect(fetchJson(server.origin, { timeout: 0.1 })).rejects.toMatchObject({ name: 'TimeoutError' })
})

test('M-07 the limit counts bytes, and a body of exactly that size is read', async () => {
  server.answerWith(json('ü'.repeat(48)))
  expect(await fetchJson(server.origin, { limit: 98 })).toHaveLength(48)
  await expect(fetchJson(server.origin, { limit: 97 })).rejects.toThrow('more than 97 bytes')
})

test('a character may be split between two chunks', async () => {
  const bytes = Buffer.from('"ü"')
  const fetch = async () =>
    new Response(
      new ReadableStream({
        start(controller) {
          for (const byte of bytes) controller.enqueue(new Uint8Array([byte]))
          controller.close()
        },
      }),
    )
  expect(await fetchJson('https://login.example.com', { fetch })).toBe('ü')
})

test('a body that is not UTF-8 is refused', async () => {
  const fetch = async () => new Response(new Uint8Array([0x22, 0xff, 0x22]))
  await expect(fetchJson('https://login.example.com', { fetch })).rejects.toThrow(UnusableBody)
})

test.each([
  ['nothing', null],
  ['a page', '<p>hello</p>'],
  ['half a document', '{"keys":'],
])('%s is refused', async (_name, body) => {
  await expect(
    fetchJson('https://login.example.com', { fetch: async () => new Response(body) }),
  ).rejects.toThrow('responded without JSON, or nested it too deeply')
})

test.each<[string, () => Response, RegExp]>([
  ['a status', () => new Response('', { status: 500 }), /responded 500/],
  [
    'a redirect that was followed',
    () => Object.defineProperty(new Response('{}'), 'redirected', { value: true }),
    /redirected to another URL/,
  ],
  ['no JSON', () => new Response('<p>'), /without JSON/],
  ['too much', () => new Response('x'.repeat(200_000)), /more than/],
])('O-02 the error for %s names the URL without its query', async (_name, answer, says) => {
  const url = 'https://login.example.com/keys?api_key=hJ8sQ2vX#part'
  const failed = fetchJson(url, { fetch: async () => answer() })
  await expect(failed).rejects.toThrow(says)
  await expect(failed).rejects.toThrow(/^https:\/\/login\.example\.com\/keys (?!.*hJ8sQ2vX)/)
})

test('O-02 the error does not quote a body that is not JSON, because servers may repeat the request in it', async () => {
  const secret = 'hJ8sQ2vX'
  const fetch = async () => new Response(`{ "unknown": ${secret} }`)
  const error = await fetchJson('https://login.example.com', { fetch }).catch((thrown: unknown) => thrown)
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(secret)
})
