import { beforeEach, describe, expect, test, vi } from 'vitest'
import {
  ClientDocuments,
  type ClientDocumentsOptions,
} from '../../../../src/authorization-server/client-registry/documents/document-clients.js'
import { UnreadableDocumentError } from '../../../../src/authorization-server/client-registry/documents/unreadable-document.js'
import type { ClientUse } from '../../../../src/authorization-server/clients/client.js'
import { Collection } from '../../../../src/authorization-server/records/collection.js'
import type { DocumentCopy } from '../../../../src/authorization-server/records/stored-records.js'
import { NotPublic } from '../../../../src/outbound/fetch-errors.js'
import type { Fetch } from '../../../../src/outbound/fetch-json.js'
import { TooManyFetches } from '../../../../src/outbound/fetch-slots.js'
import { guardedFetch } from '../../../../src/outbound/guarded-fetch.js'
import { memoryStore } from '../../../../src/store/memory-store.js'
import type { Store } from '../../../../src/store/store.js'
import { clientDocument, documentUrl } from '../../../harness/client-document.js'
import { recorder } from '../../../harness/events.js'
import { rulesForStrangers } from '../../../harness/redirect-uri-rules.js'
import { type TestClock, testClock } from '../../../harness/test-clock.js'

const grantLifetime = 30 * 86_400

let now: TestClock
let store: Store
let listen: ReturnType<typeof recorder>
beforeEach(() => {
  now = testClock()
  store = memoryStore({ now })
  listen = recorder()
})

/** The website of a client. Returns the response that was set last, and counts requests. */
function website(answer: () => Response | Promise<Response> = () => published()) {
  let current = answer
  const fetch = vi.fn<Fetch>(async () => current())
  return Object.assign(fetch, {
    answerWith(next: typeof answer) {
      current = next
    },
  })
}

function published(
  changes: Readonly<Record<string, unknown>> = {},
  headers: Record<string, string> = {},
): Response {
  return new Response(JSON.stringify(clientDocument(changes)), {
    headers: { 'content-type': 'application/json', 'cache-control': 'max-age=600', ...headers },
  })
}

const down = () => Promise.reject(new Error('connection refused'))
const missing = () => new Response('not here', { status: 404 })

/** One process of the server. Several may share the store. */
function documents(fetch: Fetch, options: Partial<ClientDocumentsOptions> = {}): ClientDocuments {
  return new ClientDocuments({
    fetch,
    sizeLimit: 5120,
    allows: () => true,
    policy: {
      scopesSupported: ['notes:read'],
      redirectUris: rulesForStrangers(),
      grantTypes: ['authorization_code', 'refresh_token'],
      authenticationMethods: ['none', 'private_key_jwt'],
      sameOriginRedirects: false,
      checkJwksUri: () => {},
    },
    fetchesUnapproved: false,
    pinned: new Map(),
    copies: new Collection<DocumentCopy>({ store, owner: 'https://as.example', kind: 'document' }, now),
    grantLifetime,
    now,
    emit: listen,
    ...options,
  })
}

const outage = { code: 'temporarily_unavailable', status: 503 }

/** The client that is found. `undefined` if it is unknown, or its document cannot be read. */
async function found(clients: ClientDocuments, clientId: string, use: ClientUse = 'authorization') {
  try {
    return await clients.find(clientId, use)
  } catch (error) {
    if (error instanceof UnreadableDocumentError) return undefined
    throw error
  }
}

async function nameOf(clients: ClientDocuments, use?: ClientUse) {
  return (await found(clients, documentUrl, use))?.client.client_name
}

test('a client is found by the URL of its document', async () => {
  const record = await documents(website()).find(documentUrl, 'authorization')
  expect(record).toEqual({ client: clientDocument(), origin: 'document', secrets: [], isUnapproved: true })
})

test.each([
  'http://client.example/a',
  'https://client.example/',
  `${documentUrl}#`,
  'https://client.example/a/../b',
])('G-01 G-02 the client ID %s is not fetched', async (clientId) => {
  const fetch = website()
  expect(await documents(fetch).find(clientId, 'authorization')).toBeUndefined()
  expect(fetch).not.toHaveBeenCalled()
})

const host = new URL(documentUrl).host
const unread = `This server could not read the description of the application at ${host}`
const invalid = [400, `The description of the application at ${host} is not valid.`] as const
const offline = [503, `${unread}: the website could not be reached.`] as const

test.each<[string, () => Response | Promise<Response>, string, readonly [number, string]]>([
  ['404', missing, 'status', [400, `${unread}: the website responded with the status 404.`]],
  [
    '201',
    () =>
      new Response(JSON.stringify(clientDocument()), {
        status: 201,
        headers: { 'content-type': 'application/json' },
      }),
    'status',
    [503, `${unread}: the website responded with the status 201.`],
  ],
  [
    '403',
    () => new Response('no clouds', { status: 403 }),
    'status',
    [503, `${unread}: the website responded with the status 403.`],
  ],
  [
    'an unrequested 304',
    () => new Response(null, { status: 304 }),
    'status',
    [503, `${unread}: the website responded with the status 304.`],
  ],
  ['HTML', () => published({}, { 'content-type': 'text/html' }), 'invalid', invalid],
  [
    'no media type',
    () => new Response(new TextEncoder().encode(JSON.stringify(clientDocument()))),
    'invalid',
    invalid,
  ],
  ['text that is JSON', () => published({}, { 'content-type': 'text/plain' }), 'invalid', invalid],
  [
    'malformed JSON',
    () => new Response('{', { headers: { 'content-type': 'application/json' } }),
    'invalid',
    invalid,
  ],
  [
    'invalid UTF-8',
    () => new Response(new Uint8Array([0xff]), { headers: { 'content-type': 'application/json' } }),
    'invalid',
    invalid,
  ],
  [
    'a list',
    () => new Response('[]', { headers: { 'content-type': 'application/json' } }),
    'invalid',
    invalid,
  ],
  [
    'JSON of a thousand levels',
    () =>
      new Response(`${'['.repeat(1000)}${']'.repeat(1000)}`, {
        headers: { 'content-type': 'application/json' },
      }),
    'invalid',
    invalid,
  ],
  ['more than 5 KiB', () => published({ 'x-padding': 'x'.repeat(5120) }), 'invalid', invalid],
  ['another client', () => published({ client_id: `${documentUrl}/` }), 'invalid', invalid],
  [
    'a redirect that was followed',
    () => Object.defineProperty(published(), 'redirected', { value: true }),
    'redirect',
    [503, `${unread}: the website responded with a redirect.`],
  ],
  ['a refused connection', down, 'unreachable', offline],
  ['an address in a private network', () => Promise.reject(new NotPublic('10.0.0.1')), 'not_public', offline],
  [
    'a timeout',
    () => Promise.reject(new DOMException('The operation was aborted', 'TimeoutError')),
    'timeout',
    [503, `${unread}: the website did not respond in time.`],
  ],
  [
    'a fetch skipped at the limit',
    () => Promise.reject(new TooManyFetches('too many')),
    'busy',
    [503, 'This server is too busy to look up the application right now.'],
  ],
])(
  'G-05 G-12 M-11 for %s the response says only what is public, and the event says all',
  async (_, answer, reason, [status, message]) => {
    const fetch = website(answer)
    const clients = documents(fetch)
    const refused = await clients.find(documentUrl, 'authorization').catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(UnreadableDocumentError)
    const code = status === 503 ? 'temporarily_unavailable' : 'invalid_client_metadata'
    const retryAfter = status === 503 ? 5 : undefined
    expect(refused).toMatchObject({ code, status, message, retryAfter, clientId: documentUrl })
    expect(listen.events).toMatchObject([
      { type: 'document.failed', clientId: documentUrl, reason, cause: expect.any(Error) },
    ])
    // G-10: nothing is cached.
    fetch.answerWith(() => published())
    expect(await nameOf(clients)).toBe('Example client')
  },
)

test('M-11 a host that must not be fetched looks like one that is down, however it is spelled', async () => {
  const clients = documents(guardedFetch(down))
  const told = async (clientId: string) => {
    const { status, message } = (await clients
      .find(clientId, 'authorization')
      .catch((error: unknown) => error)) as UnreadableDocumentError
    return [status, message.replace(new URL(clientId).host, 'host')]
  }
  const public_ = await told('https://nowhere.example/a')
  for (const host of ['127.0.0.1', '10.0.0.1', 'localhost', 'intranet', '[::1]', 'a.example:8443'])
    expect(await told(`https://${host}/a`)).toEqual(public_)
})

test.each(['application/json; charset=utf-8', 'application/cimd+json', 'Application/JSON'])(
  'G-05 a document with the content type %s is read',
  async (contentType) => {
    expect(await nameOf(documents(website(() => published({}, { 'content-type': contentType }))))).toBe(
      'Example client',
    )
  },
)

test('G-14 a document of exactly the size limit is read, and sizeLimit raises the limit', async () => {
  const padding = 5120 - JSON.stringify(clientDocument({ 'x-padding': '' })).length
  const exact = () => published({ 'x-padding': 'x'.repeat(padding) })
  const over = () => published({ 'x-padding': 'x'.repeat(padding + 1) })
  expect(await nameOf(documents(website(exact)))).toBe('Example client')
  expect(await nameOf(documents(website(over)))).toBeUndefined()
  expect(await nameOf(documents(website(over), { sizeLimit: 5121 }))).toBe('Example client')
})

describe('caching', () => {
  test('G-11 a document is refetched when it is no longer fresh, and not before', async () => {
    const fetch = website()
    const clients = documents(fetch)
    for (const age of [0, 300, 299]) {
      now.advance(age)
      await nameOf(clients)
    }
    expect(fetch).toHaveBeenCalledTimes(1)
    now.advance(1)
    fetch.answerWith(() => published({ client_name: 'New name' }))
    expect(await nameOf(clients)).toBe('New name')
    expect(fetch).toHaveBeenCalledTimes(2)
  })

  test('G-11 a document is revalidated with its ETag, and a 304 keeps it', async () => {
    const fetch = website(() => published({}, { etag: 'W/"1"' }))
    const clients = documents(fetch)
    await nameOf(clients)
    now.advance(600)
    fetch.answerWith(() => new Response(null, { status: 304, headers: { 'cache-control': 'max-age=3600' } }))
    expect(await nameOf(clients)).toBe('Example client')
    expect(new Headers(fetch.mock.lastCall?.[1].headers).get('if-none-match')).toBe('W/"1"')
    now.advance(3599)
    await nameOf(clients)
    expect(fetch).toHaveBeenCalledTimes(2)
    now.advance(1)
    await nameOf(clients)
    expect(fetch).toHaveBeenCalledTimes(3)
  })

  test('G-11 an ETag that cannot be sent back is ignored', async () => {
    for (const etag of ['1', '"\u00ff"', `"${'x'.repeat(300)}"`]) {
      const fetch = website(() => published({}, { etag, 'cache-control': 'no-cache' }))
      const clients = documents(fetch)
      await nameOf(clients)
      now.advance(60)
      expect(await nameOf(clients)).toBe('Example client')
      expect(new Headers(fetch.mock.lastCall?.[1].headers).has('if-none-match')).toBe(false)
      // A 304 to an unconditional request is not accepted.
      now.advance(60)
      fetch.answerWith(() => new Response(null, { status: 304 }))
      expect(await nameOf(clients)).toBeUndefined()
    }
  })

  test('G-11 a document with no-store is cached for a minute, refetched in full and never stored', async () => {
    const fetch = website(() => published({}, { 'cache-control': 'no-store', etag: '"1"' }))
    const clients = documents(fetch)
    await nameOf(clients)
    await clients.retain(documentUrl)
    now.advance(59)
    await nameOf(clients)
    expect(fetch).toHaveBeenCalledTimes(1)
    now.advance(1)
    await nameOf(clients)
    expect(fetch).toHaveBeenCalledTimes(2)
    expect(new Headers(fetch.mock.lastCall?.[1].headers).has('if-none-match')).toBe(false)
    const copies = new Collection<DocumentCopy>({ store, owner: 'https://as.example', kind: 'document' }, now)
    expect((await copies.find(documentUrl))?.value).not.toHaveProperty('document')
  })

  test('G-11 a document is fetched again after the clock was set back', async () => {
    const fetch = website(() => published({}, { 'cache-control': 'max-age=86400' }))
    const clients = documents(fetch)
    await nameOf(clients)
    now.advance(-400 * 86_400)
    fetch.answerWith(() => published({ client_name: 'New name' }))
    expect(await nameOf(clients)).toBe('New name')
    await nameOf(clients)
    expect(fetch).toHaveBeenCalledTimes(2)
  })

  test('G-12 an authorization needs the current document', async () => {
    const fetch = website()
    const clients = documents(fetch)
    await nameOf(clients)
    now.advance(600)
    fetch.answerWith(down)
    expect(await nameOf(clients)).toBeUndefined()
    fetch.answerWith(() => published())
    expect(await nameOf(clients)).toBe('Example client')
  })
})

describe('approved clients', () => {
  test('G-13 approved clients are known for a day while their website is down, and get 503 then', async () => {
    const fetch = website()
    const clients = documents(fetch)
    await nameOf(clients)
    await clients.retain(documentUrl)
    for (const failure of [
      down,
      () => new Response(null, { status: 403 }),
      () => new Response(null, { status: 503 }),
      () => new Response(null, { status: 302, headers: { location: documentUrl } }),
    ]) {
      fetch.answerWith(failure)
      now.advance(20_000)
      expect(await nameOf(clients, 'authentication')).toBe('Example client')
    }
    fetch.answerWith(down)
    now.advance(6400 + 599)
    expect(await nameOf(clients, 'authentication')).toBe('Example client')
    now.advance(1)
    await expect(nameOf(clients, 'authentication')).rejects.toMatchObject(outage)
    fetch.answerWith(() => published())
    now.advance(5)
    expect(await nameOf(clients, 'authentication')).toBe('Example client')
  })

  test.each([60, 300, 3600, 86_400, 10 ** 9])(
    'G-11 G-13 approved clients whose documents are fresh for %i seconds are known a day longer, at most two days',
    async (seconds) => {
      const fresh = Math.min(seconds, 86_400)
      const fetch = website(() => published({}, { 'cache-control': `max-age=${seconds}` }))
      const clients = documents(fetch)
      await nameOf(clients)
      await clients.retain(documentUrl)
      fetch.answerWith(down)
      for (const age of [fresh, 86_399]) {
        now.advance(age)
        expect(await nameOf(clients, 'authentication')).toBe('Example client')
      }
      now.advance(1)
      for (const one of [clients, documents(fetch)])
        await expect(nameOf(one, 'authentication')).rejects.toMatchObject(outage)
      fetch.answerWith(() => published())
      expect(await nameOf(clients, 'authentication')).toBe('Example client')
    },
  )

  test('G-13 approved clients are known in another process, and after a restart', async () => {
    const first = documents(website())
    await nameOf(first)
    await first.retain(documentUrl)
    now.advance(600)
    expect(await nameOf(documents(website(down)), 'authentication')).toBe('Example client')
    now.advance(86_400)
    await expect(nameOf(documents(website(down)), 'authentication')).rejects.toMatchObject(outage)
  })

  test('a copy of another process is used, and revalidated with its ETag', async () => {
    const first = documents(website(() => published({}, { etag: '"1"' })))
    await nameOf(first)
    await first.retain(documentUrl)
    const fetch = website(() => new Response(null, { status: 304 }))
    const second = documents(fetch)
    expect(await nameOf(second)).toBe('Example client')
    expect(fetch).not.toHaveBeenCalled()
    now.advance(600)
    expect(await nameOf(second)).toBe('Example client')
    expect(new Headers(fetch.mock.lastCall?.[1].headers).get('if-none-match')).toBe('"1"')
  })

  test('G-13 a document is not used for longer after the clock was set back', async () => {
    const fetch = website()
    const clients = documents(fetch)
    await nameOf(clients)
    await clients.retain(documentUrl)
    fetch.answerWith(down)
    now.advance(-600 - 86_399)
    expect(await nameOf(clients, 'authentication')).toBe('Example client')
    now.advance(-1)
    for (const one of [clients, documents(fetch)])
      await expect(nameOf(one, 'authentication')).rejects.toMatchObject(outage)
  })

  test.each<[string, () => Response]>([
    ['404', missing],
    ['410', () => new Response(null, { status: 410 })],
    ['HTML', () => published({}, { 'content-type': 'text/html' })],
    ['an invalid document', () => published({ client_name: '' })],
  ])(
    'G-13 D-41 approved clients whose website responds with %s are known for ten minutes, get 503, and are removed after a day',
    async (_what, answer) => {
      const fetch = website(answer)
      const clients = documents(fetch)
      fetch.answerWith(() => published())
      await nameOf(clients)
      await clients.retain(documentUrl)
      now.advance(3600)
      fetch.answerWith(answer)
      expect(await nameOf(clients, 'authentication')).toBe('Example client')
      expect(await nameOf(clients, 'authorization')).toBeUndefined()
      now.advance(599)
      expect(await nameOf(clients, 'authentication')).toBe('Example client')
      now.advance(1)
      await expect(nameOf(clients, 'authentication')).rejects.toMatchObject(outage)
      now.advance(86_400 - 601)
      await expect(nameOf(clients, 'authentication')).rejects.toMatchObject(outage)
      now.advance(1)
      expect(await nameOf(clients, 'authentication')).toBeUndefined()
      fetch.answerWith(() => published())
      expect(await nameOf(clients, 'authentication')).toBe('Example client')
    },
  )

  test('G-13 approved clients with a copy that is days old get 503 at one 404', async () => {
    const fetch = website()
    const first = documents(fetch)
    await nameOf(first)
    await first.retain(documentUrl)
    now.advance(5 * 86_400)
    fetch.answerWith(missing)
    for (const clients of [first, documents(fetch)])
      await expect(nameOf(clients, 'authentication')).rejects.toMatchObject(outage)
    fetch.answerWith(() => published())
    expect(await nameOf(documents(fetch), 'authentication')).toBe('Example client')
  })

  test('G-13 a removed document stops counting even if its website is down afterwards or the fetch limit is reached', async () => {
    const fetch = website()
    const clients = documents(fetch)
    await nameOf(clients)
    await clients.retain(documentUrl)
    now.advance(600)
    fetch.answerWith(missing)
    for (let i = 0; i < 20; i += 1) expect(await nameOf(clients, 'authentication')).toBe('Example client')
    now.advance(600)
    for (let i = 0; i < 20; i += 1)
      await expect(nameOf(clients, 'authentication')).rejects.toMatchObject(outage)
    fetch.answerWith(down)
    now.advance(60)
    await expect(nameOf(clients, 'authentication')).rejects.toMatchObject(outage)
    // A website that is down does not say that the document was removed, however long it is down.
    now.advance(2 * 86_400)
    await expect(nameOf(clients, 'authentication')).rejects.toMatchObject(outage)
  })

  test('G-13 all processes know when a document was removed, even after a restart', async () => {
    const fetch = website()
    const [first, second] = [documents(fetch), documents(fetch)]
    await nameOf(first)
    await first.retain(documentUrl)
    await nameOf(second)
    now.advance(600)
    fetch.answerWith(missing)
    expect(await nameOf(first, 'authentication')).toBe('Example client')
    now.advance(600)
    for (const clients of [second, documents(fetch), documents(website(down))])
      await expect(nameOf(clients, 'authentication')).rejects.toMatchObject(outage)
    now.advance(86_400 - 600)
    expect(await nameOf(documents(fetch), 'authentication')).toBeUndefined()
  })

  test.each([0, 1])(
    'G-13 a previous absence of a document does not count, whichever process noticed its end',
    async (which) => {
      const fetch = website()
      const processes = [documents(fetch), documents(fetch)] as const
      const [first] = processes
      await nameOf(first)
      await first.retain(documentUrl)
      await nameOf(processes[1])
      now.advance(600)
      fetch.answerWith(missing)
      expect(await nameOf(first, 'authentication')).toBe('Example client')
      now.advance(60)
      fetch.answerWith(() => published())
      const mended = processes[which] ?? first
      expect(await nameOf(mended, 'authentication')).toBe('Example client')
      await mended.retain(documentUrl)
      now.advance(80_000)
      fetch.answerWith(missing)
      expect(await nameOf(documents(fetch), 'authentication')).toBe('Example client')
    },
  )

  test('G-13 clients with no-store get 503 at once and are not removed', async () => {
    const noStore = { 'cache-control': 'no-store' }
    const fetch = website(() => published({}, noStore))
    const clients = documents(fetch)
    await nameOf(clients)
    await clients.retain(documentUrl)
    now.advance(60)
    fetch.answerWith(down)
    await expect(nameOf(clients, 'authentication')).rejects.toMatchObject(outage)
    await expect(nameOf(documents(fetch), 'authentication')).rejects.toMatchObject(outage)
    fetch.answerWith(missing)
    await expect(nameOf(clients, 'authentication')).rejects.toMatchObject(outage)
    fetch.answerWith(() => published({}, noStore))
    expect(await nameOf(clients, 'authentication')).toBe('Example client')
  })

  test('approved clients are stored as long as their grants can last, with few writes', async () => {
    const writes = [vi.spyOn(store, 'set'), vi.spyOn(store, 'add'), vi.spyOn(store, 'compareAndSwap')]
    const written = () => writes.reduce((sum, { mock }) => sum + mock.calls.length, 0)
    const fetch = website(() => published({}, { 'cache-control': 'max-age=86400' }))
    const clients = documents(fetch)
    await nameOf(clients)
    await clients.retain(documentUrl)
    await clients.retain(documentUrl)
    expect(written()).toBe(1)
    // An unchanged document is not written again.
    now.advance(600)
    await nameOf(documents(fetch), 'authentication')
    await clients.retain(documentUrl)
    expect(written()).toBe(1)
    now.advance(grantLifetime - 601)
    await nameOf(clients, 'authentication')
    await clients.retain(documentUrl)
    expect(written()).toBe(2)
    now.advance(grantLifetime)
    await expect(nameOf(documents(website(down)), 'authentication')).rejects.toMatchObject(outage)
    now.advance(1)
    expect(await nameOf(documents(website(down)), 'authentication')).toBeUndefined()
  })

  test('a copy of a document that the current rules refuse is not used', async () => {
    const first = documents(website())
    await nameOf(first)
    await first.retain(documentUrl)
    const stricter = documents(website(down), {
      policy: {
        scopesSupported: [],
        redirectUris: rulesForStrangers(),
        grantTypes: [],
        authenticationMethods: ['none'],
        sameOriginRedirects: false,
        checkJwksUri: () => {},
      },
    })
    await expect(nameOf(stricter, 'authentication')).rejects.toMatchObject(outage)
  })

  test('finding a client with a document while the store is down rejects with an outage', async () => {
    store.get = () => Promise.reject(new Error('no store'))
    await expect(nameOf(documents(website()))).rejects.toMatchObject(outage)
  })
})

describe('several processes', () => {
  const named = (client_name: string, headers: Record<string, string> = {}) => {
    return () => published({ client_name }, headers)
  }
  const aDay = { 'cache-control': 'max-age=86400' }
  const storedCopy = async () => {
    const copies = new Collection<DocumentCopy>({ store, owner: 'https://as.example', kind: 'document' }, now)
    return (await copies.find(documentUrl))?.value
  }

  test('G-11 G-13 a changed document is stored at once, and a removed key does not return', async () => {
    const fetch = website(named('old'))
    const clients = documents(fetch)
    await nameOf(clients)
    await clients.retain(documentUrl)
    now.advance(3600)
    fetch.answerWith(named('new'))
    // Even if the request is refused because it has the old key.
    expect(await nameOf(clients, 'authentication')).toBe('new')
    now.advance(9 * 3600)
    expect(await nameOf(documents(website(down)), 'authentication')).toBe('new')
    expect(await nameOf(clients, 'authentication')).toBe('new')
  })

  test('G-11 G-13 a new no-store removes the document from the store at once', async () => {
    const fetch = website()
    const clients = documents(fetch)
    await nameOf(clients)
    await clients.retain(documentUrl)
    now.advance(600)
    fetch.answerWith(() => published({}, { 'cache-control': 'no-store' }))
    expect(await nameOf(clients, 'authentication')).toBe('Example client')
    expect(await storedCopy()).not.toHaveProperty('document')
    await expect(nameOf(documents(website(down)), 'authentication')).rejects.toMatchObject(outage)
    expect(await nameOf(documents(website()), 'authentication')).toBe('Example client')
  })

  test('G-11 G-13 a shorter freshness applies in other processes, too', async () => {
    const first = documents(website(named('old', aDay)))
    await nameOf(first)
    await first.retain(documentUrl)
    now.advance(86_400)
    const second = documents(website(named('old', { 'cache-control': 'max-age=60' })))
    await nameOf(second)
    now.advance(60)
    expect(await nameOf(documents(website(named('new'))), 'authentication')).toBe('new')
  })

  test('G-11 G-13 an older copy in memory never replaces a newer one in the store, whatever asks for it', async () => {
    const first = documents(website(named('old', aDay)))
    const second = documents(website(named('new', aDay)))
    await nameOf(first)
    now.advance(14 * 3600)
    await nameOf(second)
    await second.retain(documentUrl)
    const { fetchedAt } = (await storedCopy()) as DocumentCopy
    for (const clients of [first, second, first]) await clients.retain(documentUrl)
    expect(await storedCopy()).toMatchObject({ document: { client_name: 'new' }, fetchedAt })
  })

  test('G-11 G-13 the newer document wins if two processes write at the same moment', async () => {
    const first = documents(website(named('old', aDay)))
    const second = documents(website(named('new', aDay)))
    await nameOf(first)
    now.advance(600)
    await nameOf(second)
    await Promise.all([first, second, first, second].map((clients) => clients.retain(documentUrl)))
    expect(await storedCopy()).toMatchObject({ document: { client_name: 'new' } })
    // The same with an existing copy.
    now.advance(86_400)
    const answers: (() => void)[] = []
    const later = (name: string) => () =>
      new Promise<Response>((resolve) => answers.push(() => resolve(published({ client_name: name }, aDay))))
    const [third, fourth] = [documents(website(later('3'))), documents(website(later('4')))]
    const found: Promise<string | undefined>[] = []
    for (const clients of [third, fourth]) {
      now.advance(1)
      found.push(nameOf(clients))
      await vi.waitFor(() => expect(answers).toHaveLength(found.length))
    }
    for (const answer of answers) answer()
    expect(await Promise.all(found)).toEqual(['3', '4'])
    await Promise.all([fourth, third, fourth, third].map((clients) => clients.retain(documentUrl)))
    expect(await storedCopy()).toMatchObject({ document: { client_name: '4' } })
  })

  test('G-11 G-13 a process with an older copy in memory uses a newer one in the store', async () => {
    const fetch = website(named('old', aDay))
    const first = documents(fetch)
    await nameOf(first)
    await first.retain(documentUrl)
    now.advance(20 * 3600)
    const second = documents(website(named('new', { 'cache-control': 'max-age=3600' })))
    // It has the other process's copy, and refetches when that is no longer fresh.
    now.advance(4 * 3600)
    expect(await nameOf(second)).toBe('new')
    fetch.answerWith(down)
    expect(await nameOf(first, 'authentication')).toBe('new')
    now.advance(20 * 3600)
    for (const clients of [first, documents(website(down))])
      expect(await nameOf(clients, 'authentication')).toBe('new')
  })

  test('G-13 a copy from the future does not count as newer, because the clock was set back', async () => {
    const first = documents(website(named('old', aDay)))
    await nameOf(first)
    await first.retain(documentUrl)
    now.advance(-2 * 86_400)
    const second = documents(website(named('new')))
    expect(await nameOf(second, 'authentication')).toBe('new')
    now.advance(600)
    expect(await nameOf(documents(website(down)), 'authentication')).toBe('new')
    // A small difference between clocks changes nothing.
    const third = documents(website(named('newest')))
    now.advance(30)
    await nameOf(third, 'authentication')
    now.advance(-30)
    await second.retain(documentUrl)
    expect(await storedCopy()).toMatchObject({ document: { client_name: 'newest' } })
  })

  test('N-01 a store that never replaces a copy is an outage, and is not retried forever', async () => {
    const clients = documents(website())
    await nameOf(clients)
    const { add } = store
    store.add = async () => false
    await expect(clients.retain(documentUrl)).rejects.toMatchObject(outage)
    store.add = add
    await clients.retain(documentUrl)
    expect(await storedCopy()).toBeDefined()
  })
})

describe('unapproved clients', () => {
  test('E-28 unapproved clients are not fetched to authenticate them, and count as unknown', async () => {
    const fetch = website()
    expect(await nameOf(documents(fetch), 'authentication')).toBeUndefined()
    expect(fetch).not.toHaveBeenCalled()
  })

  test('unapproved clients are fetched to authenticate them if a grant needs no user', async () => {
    expect(await nameOf(documents(website(), { fetchesUnapproved: true }), 'authentication')).toBe(
      'Example client',
    )
    expect(
      await nameOf(documents(website(down), { fetchesUnapproved: true }), 'authentication'),
    ).toBeUndefined()
  })
})

describe('load', () => {
  test('M-10 G-16 a hundred simultaneous requests for a document cause one fetch', async () => {
    let answer: (response: Response) => void = () => {}
    const fetch = website(() => new Promise((resolve) => (answer = resolve)))
    const clients = documents(fetch)
    const all = Array.from({ length: 100 }, () => nameOf(clients))
    await vi.waitFor(() => expect(fetch).toHaveBeenCalled())
    answer(published())
    expect(new Set(await Promise.all(all))).toEqual(new Set(['Example client']))
    expect(fetch).toHaveBeenCalledTimes(1)
  })

  test('M-10 a document that fails repeatedly is not fetched for a while, until a fetch succeeds', async () => {
    const fetch = website(missing)
    const clients = documents(fetch)
    for (let i = 0; i < 100; i += 1) expect(await nameOf(clients)).toBeUndefined()
    expect(fetch).toHaveBeenCalledTimes(10)
    await expect(clients.find(documentUrl, 'authorization')).rejects.toMatchObject({
      ...outage,
      message: `${unread}: that failed several times in a row.`,
    })
    expect(listen.events.at(-1)).toMatchObject({ type: 'document.failed', reason: 'paused' })
    now.advance(5)
    for (let i = 0; i < 100; i += 1) await nameOf(clients)
    expect(fetch).toHaveBeenCalledTimes(11)
    now.advance(5)
    fetch.answerWith(() => published())
    expect(await nameOf(clients)).toBe('Example client')
  })

  test('M-10 a thousand unapproved clients at once cause few fetches and leave slots for approved clients', async () => {
    const fetch = vi.fn<Fetch>(async (url) =>
      url === documentUrl ? published() : new Promise<Response>(() => {}),
    )
    const clients = documents(fetch)
    await nameOf(clients)
    await clients.retain(documentUrl)
    now.advance(600)
    const unapproved = Array.from({ length: 1000 }, (_, i) => found(clients, `https://h${i}.example/a`))
    await Promise.race(unapproved)
    expect(fetch.mock.calls.length).toBe(1 + 16)
    expect(await nameOf(clients)).toBe('Example client')
  })

  test('M-10 unapproved clients stay unapproved after a fetch, in every process', async () => {
    const idOf = (i: number) => `https://h${i}.example/a`
    let isSlow = false
    const fetch = vi.fn<Fetch>(async (url) =>
      isSlow && url !== documentUrl ? new Promise<Response>(() => {}) : published({ client_id: url }),
    )
    const [clients, elsewhere] = [documents(fetch), documents(fetch)]
    await nameOf(clients)
    // Approved in another process than the one that has it in memory.
    await nameOf(elsewhere)
    await elsewhere.retain(documentUrl)
    for (let i = 0; i < 100; i += 1) expect(await clients.find(idOf(i), 'authorization')).toBeDefined()
    now.advance(1200)
    isSlow = true
    fetch.mockClear()
    const unapproved = Array.from({ length: 100 }, (_, i) => found(clients, idOf(i)))
    await Promise.race(unapproved)
    expect(fetch).toHaveBeenCalledTimes(16)
    expect(await nameOf(clients)).toBe('Example client')
  })
})

describe('the fetch limit', () => {
  const busy = () => Promise.reject(new TooManyFetches('too many fetches are under way'))

  test('M-18 G-13 reaching the fetch limit removes nothing at once and extends no document for long', async () => {
    const fetch = website()
    const clients = documents(fetch)
    await nameOf(clients)
    await clients.retain(documentUrl)
    fetch.answerWith(busy)
    now.advance(600 + 599)
    expect(await nameOf(clients, 'authentication')).toBe('Example client')
    now.advance(1)
    for (const one of [clients, documents(fetch)]) {
      await expect(nameOf(one, 'authentication')).rejects.toMatchObject(outage)
      await expect(one.find(documentUrl, 'authorization')).rejects.toMatchObject(outage)
    }
    // If the website is fetched and is down, the client stays known.
    fetch.answerWith(down)
    expect(await nameOf(clients, 'authentication')).toBe('Example client')
  })

  test('M-18 M-10 a fetch skipped at the limit counts as no failure, and the next attempt fetches', async () => {
    const fetch = website()
    const clients = documents(fetch)
    await nameOf(clients)
    await clients.retain(documentUrl)
    now.advance(1200)
    fetch.answerWith(busy)
    for (let i = 0; i < 50; i += 1)
      await expect(nameOf(clients, 'authentication')).rejects.toMatchObject(outage)
    fetch.answerWith(() => published({ client_name: 'New name' }))
    expect(await nameOf(clients, 'authentication')).toBe('New name')
  })

  test('M-18 G-13 a client that holds all fetches, even an approved one, does not keep a removed key valid', async () => {
    const idOf = (i: number) => `https://h${i}.example/a`
    const slow: (() => void)[] = []
    let isSlow = false
    let name = 'old'
    const connect: Fetch = async (url) => {
      if (url !== documentUrl && isSlow) await new Promise<void>((resolve) => slow.push(resolve))
      return published({ client_id: url, client_name: name })
    }
    const clients = documents(guardedFetch(connect, { atOnce: 4 }))
    for (const id of [documentUrl, ...[0, 1, 2, 3].map(idOf)]) {
      await clients.find(id, 'authorization')
      await clients.retain(id)
    }
    now.advance(1200)
    isSlow = true
    name = 'new'
    const held = [0, 1, 2, 3].map((i) => clients.find(idOf(i), 'authentication'))
    await vi.waitFor(() => expect(slow).toHaveLength(4))
    for (let i = 0; i < 20; i += 1)
      await expect(nameOf(clients, 'authentication')).rejects.toMatchObject(outage)
    for (const release of slow) release()
    await Promise.all(held)
    expect(await nameOf(clients, 'authentication')).toBe('new')
  })

  test('M-18 an unapproved client that authenticates at the fetch limit gets 503 and not 401', async () => {
    const fetch = website(busy)
    const clients = documents(fetch, { fetchesUnapproved: true })
    await expect(nameOf(clients, 'authentication')).rejects.toMatchObject(outage)
    fetch.answerWith(() => published())
    expect(await nameOf(clients, 'authentication')).toBe('Example client')
  })

  test('M-18 the limit of unapproved clients refuses them and not an approved client', async () => {
    const fetch = vi.fn<Fetch>(async (url) =>
      url === documentUrl ? published() : new Promise<Response>(() => {}),
    )
    const clients = documents(fetch)
    await nameOf(clients)
    now.advance(1200)
    const unapproved = Array.from({ length: 16 }, (_, i) => found(clients, `https://h${i}.example/a`))
    await vi.waitFor(() => expect(fetch).toHaveBeenCalledTimes(17))
    await expect(nameOf(clients, 'authentication')).rejects.toMatchObject(outage)
    await clients.retain(documentUrl)
    expect(await nameOf(clients, 'authentication')).toBe('Example client')
    expect(unapproved).toHaveLength(16)
  })
})

test('M-18 M-10 unapproved clients of one website leave a slot for an approved client of it', async () => {
  const fetch = vi.fn<Fetch>(async (url) => {
    const isIt = url === documentUrl
    return isIt ? published({}, { 'cache-control': 'max-age=60' }) : new Promise<Response>(() => {})
  })
  const clients = documents(guardedFetch(fetch))
  await nameOf(clients)
  await clients.retain(documentUrl)
  now.advance(61)
  const unapproved = Array.from({ length: 20 }, (_, i) => found(clients, `${documentUrl}/${i}`))
  await vi.waitFor(() => expect(fetch).toHaveBeenCalledTimes(1 + 3))
  expect(await nameOf(clients, 'authentication')).toBe('Example client')
  expect(fetch).toHaveBeenCalledTimes(1 + 3 + 1)
  expect(unapproved).toHaveLength(20)
})

test('M-18 all processes know whether a client is approved', async () => {
  const [first, second] = [documents(website()), documents(website())]
  const isUnapproved = async (of: ClientDocuments) =>
    (await of.find(documentUrl, 'authentication'))?.isUnapproved
  for (const one of [first, second]) {
    await nameOf(one)
    expect(await isUnapproved(one)).toBe(true)
  }
  await first.retain(documentUrl)
  for (const one of [first, second, documents(website())]) expect(await isUnapproved(one)).toBe(false)
})

test('E-22 G-13 a client known by a previous document is marked as stale', async () => {
  const fetch = website()
  const clients = documents(fetch)
  await nameOf(clients)
  await clients.retain(documentUrl)
  const isStale = async () => {
    const record = await clients.find(documentUrl, 'authentication')
    expect(record?.isUnapproved).toBe(false)
    return record?.isStale === true
  }
  for (const [answer, expected] of [
    [down, true],
    [missing, true],
    [() => published(), false],
  ] as const) {
    expect(await isStale()).toBe(false)
    fetch.answerWith(answer)
    now.advance(600)
    expect(await isStale()).toBe(expected)
    fetch.answerWith(() => published())
  }
})

describe('policy', () => {
  test('G-19 allows is called before a document is fetched', async () => {
    const fetch = website()
    const allows = vi.fn(async () => false)
    const clients = documents(fetch, { allows })
    expect(await nameOf(clients)).toBeUndefined()
    expect(allows).toHaveBeenCalledWith(documentUrl)
    expect(fetch).not.toHaveBeenCalled()
    allows.mockResolvedValue(true)
    expect(await nameOf(clients)).toBe('Example client')
  })

  test('G-19 a client that allows no longer admits is refused at once, even if approved', async () => {
    const allows = vi.fn(() => true)
    const clients = documents(website(), { allows })
    await nameOf(clients)
    await clients.retain(documentUrl)
    allows.mockReturnValue(false)
    for (const use of ['authorization', 'authentication'] as const)
      expect(await nameOf(clients, use)).toBeUndefined()
  })

  test('G-19 an allows function that fails is an outage', async () => {
    const fetch = website()
    const allows = () => Promise.reject(new Error('no database'))
    await expect(nameOf(documents(fetch, { allows }))).rejects.toMatchObject(outage)
    expect(fetch).not.toHaveBeenCalled()
  })
})

test('G-20 a client that changes its keys emits an event', async () => {
  const key = { kty: 'OKP', crv: 'Ed25519', x: 'x'.repeat(43), kid: '1' }
  const withKeys = (jwks: object, name: string) => () =>
    published({ token_endpoint_auth_method: 'private_key_jwt', jwks, client_name: name })
  const fetch = website(withKeys({ keys: [key] }, 'a'))
  const clients = documents(fetch)
  await nameOf(clients)
  now.advance(600)
  fetch.answerWith(withKeys({ keys: [key] }, 'b'))
  expect(await nameOf(clients)).toBe('b')
  expect(listen.events).toEqual([])
  now.advance(600)
  fetch.answerWith(withKeys({ keys: [{ ...key, kid: '2' }] }, 'b'))
  await nameOf(clients)
  expect(listen.events).toEqual([{ type: 'client.rekeyed', clientId: documentUrl }])
})

test('G-20 a client that changes its method or the place of its keys emits an event', async () => {
  const fetch = website()
  const clients = documents(fetch)
  await nameOf(clients)
  for (const jwks_uri of ['https://client.example/1', 'https://client.example/2']) {
    fetch.answerWith(() => published({ token_endpoint_auth_method: 'private_key_jwt', jwks_uri }))
    now.advance(600)
    await nameOf(clients)
    expect(listen.events.splice(0)).toEqual([{ type: 'client.rekeyed', clientId: documentUrl }])
    now.advance(600)
    await nameOf(clients)
    expect(listen.events).toEqual([])
  }
})

test('F-14 G-05 a document with a short RSA key is refused, and an event says why', async () => {
  const keyed = (n: string) => () =>
    published({
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [{ kty: 'RSA', n, e: 'AQAB' }] },
    })
  const fetch = website(keyed('x'.repeat(171)))
  const clients = documents(fetch)
  expect(await nameOf(clients)).toBeUndefined()
  expect(String((listen.events[0] as { cause?: unknown }).cause)).toContain('RSA key of less than 2048 bits')
  fetch.answerWith(keyed('x'.repeat(342)))
  expect(await nameOf(clients)).toBe('Example client')
})
