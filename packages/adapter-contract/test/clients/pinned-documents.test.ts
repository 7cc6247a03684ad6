import {
  type AuthEvent,
  checkMount,
  JWTVerifier,
  memoryStore,
  RemoteAuthProvider,
  type Store,
} from '@tollgate/auth-core'
import { testClock } from '@tollgate/auth-testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { clientDocument } from '../../../auth-core/test/harness/client-document.js'
import { Asserter, type ClientKey, newClientKey } from '../harness/assertions.js'
import { documentClient, documentUrl } from '../harness/client-website.js'
import { expectErrorPage, expectOutage } from '../harness/expectations.js'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { type NotesAppOptions, notesApp, notesProvider } from '../harness/notes-app.js'
import {
  authorizationUrl,
  Browser,
  callMcp,
  codeForm,
  newCode,
  newTokens,
  postForm,
  refreshForm,
} from '../harness/oauth-driver.js'

const callback = 'http://127.0.0.1:54321/callback'
const client = documentClient(callback)
const document = {
  ...clientDocument(),
  client_id: documentUrl,
  client_name: 'Pinned',
  redirect_uris: [callback],
}
const pinned = { pinned: [document] }

describe.each(hosts)('$name', ({ start }) => {
  const now = testClock()
  const events: AuthEvent[] = []
  const fetched: string[] = []
  let store: Store
  const running: RunningHost[] = []

  /** The website of the client refuses this server. */
  async function run(options: NotesAppOptions = {}): Promise<RunningHost> {
    const ssrfSafeFetch = async (url: string) => {
      fetched.push(url)
      return new Response('no clouds here', { status: 403 })
    }
    const one = await start(
      notesApp({ now, store, events, ssrfSafeFetch, clientIdMetadataDocuments: pinned, ...options }),
    )
    running.push(one)
    return one
  }
  beforeEach(() => {
    store = memoryStore({ now })
    events.length = 0
    fetched.length = 0
  })
  afterEach(async () => {
    for (const one of running.splice(0)) await one.close()
  })

  test('G-24 a client with a pinned document signs in, refreshes and calls without a fetch', async () => {
    const host = await run()
    const page = await (await new Browser('alice').open(authorizationUrl(host.origin, client))).text()
    expect(page).toContain('Pinned')
    const tokens = await newTokens(host.origin, client)
    expect((await callMcp(host.origin, tokens.access_token)).status).toBe(200)
    now.advance(86_400)
    const refreshed = await postForm(`${host.origin}/token`, refreshForm(client, tokens.refresh_token))
    expect(refreshed.status).toBe(200)
    expect(fetched).toEqual([])
    expect(events.map(({ type }) => type)).not.toContain('document.failed')
  })

  test('G-24 C-03 only the redirect URIs of the pinned document are accepted', async () => {
    const host = await run()
    const browser = new Browser('alice')
    for (const redirect_uri of ['https://client.example/callback', 'http://127.0.0.1:54321/other'])
      await expectErrorPage(await browser.open(authorizationUrl(host.origin, client, { redirect_uri })), 400)
  })

  test('G-24 G-19 other documents are fetched if "allows" permits, and pinned ones need no permission', async () => {
    const asked: string[] = []
    const allows = (clientId: string) => asked.push(clientId) > 1
    const host = await run({ clientIdMetadataDocuments: { ...pinned, allows } })
    await newCode(host.origin, client)
    const open = () =>
      new Browser('alice').open(
        authorizationUrl(host.origin, { ...client, client_id: `${documentUrl}/other` }),
      )
    await expectErrorPage(await open(), 400)
    expect(fetched).toEqual([])
    expect((await open()).status).toBe(503)
    expect(fetched).toEqual([`${documentUrl}/other`])
    expect(asked).toEqual([`${documentUrl}/other`, `${documentUrl}/other`])
  })

  test('G-24 G-13 users stay signed in when the operator pins and unpins a document', async () => {
    let isDown = false
    const ssrfSafeFetch = async () =>
      isDown ? new Response(null, { status: 403 }) : Response.json(clientDocument())
    const before = await run({ clientIdMetadataDocuments: {}, ssrfSafeFetch })
    const first = await newTokens(before.origin, client)
    const another = (clientIdMetadataDocuments: object) =>
      run({
        clientIdMetadataDocuments,
        ssrfSafeFetch,
        issuerUrl: before.origin,
        resources: [`${before.origin}/mcp`],
      })
    const refresh = (of: RunningHost, token: string) =>
      postForm(`${of.origin}/token`, refreshForm(client, token))
    isDown = true
    now.advance(10 * 86_400)
    await expectOutage(await refresh(before, first.refresh_token))
    const withPin = await another(pinned)
    const refreshed = await refresh(withPin, first.refresh_token)
    expect(refreshed.status).toBe(200)
    const second = (await refreshed.json()) as typeof first
    const without = await another({})
    now.advance(3600)
    const third = await refresh(without, second.refresh_token)
    expect(third.status).toBe(200)
  })

  test('G-24 G-15 the keys of a pinned document are fetched as those of any document', async () => {
    const key: ClientKey = await newClientKey()
    const jwks_uri = 'https://client.example/jwks.json'
    const signed = { ...document, token_endpoint_auth_method: 'private_key_jwt', jwks_uri }
    const host = await run({
      clientIdMetadataDocuments: { pinned: [signed] },
      async ssrfSafeFetch(url) {
        fetched.push(url)
        return Response.json({ keys: [key.jwk] })
      },
    })
    const code = await newCode(host.origin, client)
    const { client_id: _, ...form } = codeForm(client, code)
    const proof = await new Asserter(key, documentUrl, host.origin, now).form()
    const redeemed = await postForm(`${host.origin}/token`, { ...form, ...proof })
    expect(redeemed.status).toBe(200)
    expect(fetched).toEqual([jwks_uri])
  })
})

const origin = 'https://notes.example.com'

test.each<[string, unknown, RegExp]>([
  ['no list', document, /"clientIdMetadataDocuments\.pinned" must be a list/],
  ['nothing', [undefined], /client_id is the https URL/],
  ['a client id that is no URL', [{ ...document, client_id: 'claude' }], /client_id is the https URL/],
  [
    'a client id over http',
    [{ ...document, client_id: 'http://client.example/a' }],
    /client_id is the https URL/,
  ],
  ['one twice', [document, document], /must have https:\/\/client\.example\/oauth\/client\.json once/],
  ['one without redirect URIs', [{ ...document, redirect_uris: [] }], /client\.json\): redirect_uris/],
  ['one with a secret', [{ ...document, client_secret: 'x' }], /client_secret has no place/],
])('G-24 pinning %s is a TypeError that explains it', (_name, given, message) => {
  const clientIdMetadataDocuments = { pinned: given as never }
  const create = () => notesProvider(origin, { clientIdMetadataDocuments })
  expect(create).toThrow(TypeError)
  expect(create).toThrow(message)
})

describe('tryClientDocument', () => {
  const providerWith = (answer: () => Response | Promise<Response>, events: AuthEvent[] = []) =>
    notesProvider(origin, { events, ssrfSafeFetch: async () => answer() })

  test('G-25 tryClientDocument returns the client and stores and reports nothing', async () => {
    const events: AuthEvent[] = []
    const answers = [Response.json(document), new Response(null, { status: 403 })]
    const provider = providerWith(() => answers.shift() as Response, events)
    events.length = 0
    expect(await provider.tryClientDocument(documentUrl)).toMatchObject({ client_name: 'Pinned' })
    await expect(provider.tryClientDocument(documentUrl)).rejects.toThrow(/responded 403/)
    expect(events).toEqual([])
  })

  test.each<[string, () => Response | Promise<Response>, RegExp]>([
    ['a status', () => new Response(null, { status: 404 }), /responded 404/],
    ['another client', () => Response.json({ ...document, client_id: 'x' }), /client_id/],
    ['an error', () => Promise.reject(new Error('ENOTFOUND client.example')), /ENOTFOUND/],
  ])('G-25 tryClientDocument rejects with the reason: %s', async (_name, answer, message) => {
    await expect(providerWith(answer).tryClientDocument(documentUrl)).rejects.toThrow(message)
  })

  test('G-25 G-22 tryClientDocument says that the ID is invalid, not allowed, or that documents are off', async () => {
    const fetchNothing = () => expect.unreachable('nothing is fetched')
    await expect(providerWith(fetchNothing).tryClientDocument('claude')).rejects.toThrow(/cannot be the URL/)
    const strict = notesProvider(origin, {
      clientIdMetadataDocuments: { allows: () => false },
      ssrfSafeFetch: async () => fetchNothing(),
    })
    await expect(strict.tryClientDocument(documentUrl)).rejects.toThrow(/"allows" refuses/)
    const off = notesProvider(origin, { clientIdMetadataDocuments: false })
    await expect(off.tryClientDocument(documentUrl)).rejects.toThrow(/are off/)
  })
})

describe('checkMount', () => {
  const problemWith = async (answer: () => Response | Promise<Response>) => {
    const provider = notesProvider(origin, { ssrfSafeFetch: async () => answer() })
    provider.setMcpPath('/mcp')
    const { problems } = await checkMount(provider, {
      fetch: async () => new Response(),
      clientDocument: documentUrl,
    })
    return problems.find(({ url }) => url === documentUrl)
  }

  test('G-25 checkMount tries the given document', async () => {
    expect(await problemWith(() => Response.json(document))).toBeUndefined()
    expect(await problemWith(() => new Response(null, { status: 403 }))).toEqual({
      url: documentUrl,
      method: 'GET',
      found: '403',
      remedy: 'If its website refuses this server, pin the document in "clientIdMetadataDocuments.pinned".',
      message: `The client document ${documentUrl} cannot be read: 403. If its website refuses this server, pin the document in "clientIdMetadataDocuments.pinned".`,
    })
    expect(await problemWith(() => Promise.reject(new Error('ENOTFOUND client.example')))).toMatchObject({
      found: 'unreachable (Error: ENOTFOUND client.example)',
    })
  })

  test('G-25 checkMount fetches no document that it was not given', async () => {
    const fetched: string[] = []
    const provider = notesProvider(origin, {
      ssrfSafeFetch: async (url) => {
        fetched.push(url)
        return Response.json(document)
      },
    })
    provider.setMcpPath('/mcp')
    await checkMount(provider, { fetch: async () => new Response() })
    expect(fetched).toEqual([])
  })

  test('G-25 a provider without client documents is a TypeError', async () => {
    const provider = new RemoteAuthProvider({
      baseUrl: origin,
      authorizationServers: ['https://login.example.com'],
      tokenVerifier: new JWTVerifier({ issuer: 'https://login.example.com' }),
    })
    provider.setMcpPath('/mcp')
    const checked = checkMount(provider, { fetch: async () => new Response(), clientDocument: documentUrl })
    await expect(checked).rejects.toThrow(/"clientDocument" must be used with an OAuthProvider/)
  })
})
