import { expect, test, vi } from 'vitest'
import type { Fetch } from '../../src/outbound/fetch-json.js'
import { guardedFetch } from '../../src/outbound/guarded-fetch.js'

const url = 'https://client.example/metadata.json'

/** A fetch of the application's own, which answers what it is told to. */
function connectTo(answer: () => Response | Promise<Response>) {
  return vi.fn<Fetch>(async () => answer())
}

function endless(): Response {
  return new Response(
    new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(1024))
      },
    }),
  )
}

test('returns status, headers and body unchanged', async () => {
  const connect = connectTo(() => new Response('{"a":1}', { status: 404, headers: { etag: '"1"' } }))
  const response = await guardedFetch(connect)(url, {})
  expect([response.status, response.headers.get('etag'), await response.json()]).toEqual([
    404,
    '"1"',
    { a: 1 },
  ])
})

test.each(['http://client.example/', 'https://127.0.0.1/', 'https://localhost/', 'https://a.internal/'])(
  'M-14 the fetch of the application is not called for %s',
  async (forbidden) => {
    const connect = connectTo(() => new Response('{}'))
    await expect(guardedFetch(connect)(forbidden, {})).rejects.toThrow(forbidden)
    expect(connect).not.toHaveBeenCalled()
  },
)

test('M-08 a request carries only our own headers', async () => {
  const connect = connectTo(() => new Response('{}'))
  const headers = {
    cookie: 'a=1',
    authorization: 'Bearer x',
    referer: 'https://as.example',
    'if-none-match': '"1"',
  }
  await guardedFetch(connect)(url, { method: 'POST', body: 'x', headers, credentials: 'include' })
  expect(connect).toHaveBeenCalledWith(url, {
    method: 'GET',
    headers: { accept: 'application/json', 'user-agent': 'tollgate', 'if-none-match': '"1"' },
    redirect: 'manual',
    signal: expect.any(AbortSignal),
  })
})

test.each([301, 302, 303, 307, 308, 300])('M-05 a redirect with %s is a failure', async (status) => {
  const connect = connectTo(
    () => new Response(null, { status, headers: { location: 'https://other.example' } }),
  )
  await expect(guardedFetch(connect)(url, {})).rejects.toThrow('responded with a redirect')
  expect(connect).toHaveBeenCalledOnce()
})

test('M-05 a redirect that the fetch of the application followed or hides is a failure', async () => {
  const followed = Object.defineProperty(new Response('{}'), 'redirected', { value: true })
  const hidden = Object.defineProperty(Response.error(), 'type', { value: 'opaqueredirect' })
  for (const response of [followed, hidden]) {
    await expect(guardedFetch(connectTo(() => response))(url, {})).rejects.toThrow(
      'responded with a redirect',
    )
  }
})

test('304 is not a redirect', async () => {
  const connect = connectTo(() => new Response(null, { status: 304 }))
  expect((await guardedFetch(connect)(url, {})).status).toBe(304)
})

test('M-06 M-14 the deadline ends a fetch that ignores signals', async () => {
  const fetchPublic = guardedFetch(() => new Promise(() => {}), { timeout: 0.02 })
  await expect(fetchPublic(url, {})).rejects.toMatchObject({ name: 'TimeoutError' })
})

test('M-06 the deadline covers the body', async () => {
  const silent = connectTo(() => new Response(new ReadableStream()))
  const response = await guardedFetch(silent, { timeout: 0.02 })(url, {})
  await expect(response.text()).rejects.toMatchObject({ name: 'TimeoutError' })
})

test("M-06 the caller's own signal ends it sooner", async () => {
  const response = await guardedFetch(connectTo(() => new Response(new ReadableStream())))(url, {
    signal: AbortSignal.timeout(20),
  })
  await expect(response.text()).rejects.toMatchObject({ name: 'TimeoutError' })
})

test('M-07 an endless body ends at the limit, and a body of exactly that size is read', async () => {
  await expect((await guardedFetch(connectTo(endless))(url, {})).text()).rejects.toThrow(
    'more than 131072 bytes',
  )
  const connect = connectTo(() => new Response('x'.repeat(16)))
  expect(await (await guardedFetch(connect, { body: 16 })(url, {})).text()).toHaveLength(16)
  await expect((await guardedFetch(connect, { body: 15 })(url, {})).text()).rejects.toThrow(
    'more than 15 bytes',
  )
})

test('M-10 concurrent fetches are limited in all and for each host', async () => {
  const waiting: ((response: Response) => void)[] = []
  const connect = vi.fn<Fetch>(() => new Promise((resolve) => waiting.push(resolve)))
  const fetchPublic = guardedFetch(connect, { atOnce: 3, atOncePerHost: 2 })
  const ofHost = [fetchPublic(url, {}), fetchPublic(url, {})]
  await expect(fetchPublic(url, {})).rejects.toThrow('too many fetches from client.example')
  const ofAnother = fetchPublic('https://a.example/', {})
  await expect(fetchPublic('https://b.example/', {})).rejects.toThrow('too many fetches are under way')
  expect(connect).toHaveBeenCalledTimes(3)

  for (const answer of waiting.splice(0)) answer(new Response('{}'))
  for (const response of await Promise.all([...ofHost, ofAnother])) await response.text()
  const afterwards = [fetchPublic(url, {}), fetchPublic('https://b.example/', {})]
  for (const answer of waiting) answer(new Response(null, { status: 204 }))
  expect((await Promise.all(afterwards)).map(({ status }) => status)).toEqual([204, 204])
})

test.each([
  ['fails', connectTo(() => Promise.reject(new Error('refused')))],
  ['redirects', connectTo(() => new Response(null, { status: 302 }))],
  ['says nothing', vi.fn<Fetch>(() => new Promise(() => {}))],
  ['is too long', connectTo(endless)],
  ['never ends', connectTo(() => new Response(new ReadableStream()))],
])('M-10 a fetch that %s releases its slot', async (_, connect) => {
  const fetchPublic = guardedFetch(connect, { atOnce: 1, timeout: 0.02 })
  const attempt = async () => (await fetchPublic(url, {})).text()
  await expect(attempt()).rejects.not.toThrow('under way')
  await expect(attempt()).rejects.not.toThrow('under way')
  expect(connect).toHaveBeenCalledTimes(2)
})

test('M-10 a canceled body releases its slot', async () => {
  const fetchPublic = guardedFetch(connectTo(endless), { atOnce: 1 })
  await (await fetchPublic(url, {})).body?.cancel()
  const next = await vi.waitFor(() => fetchPublic(url, {}))
  await next.body?.cancel()
})
