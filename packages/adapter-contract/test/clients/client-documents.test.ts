import { type AuthEvent, memoryStore, type Store } from '@tollgate/auth-core'
import { testClock } from '@tollgate/auth-testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type ClientWebsite,
  documentClient,
  documentUrl,
  startClientWebsite,
} from '../harness/client-website.js'
import {
  expectErrorLink,
  expectErrorPage,
  expectErrorRedirect,
  expectOAuthError,
  expectOutage,
} from '../harness/expectations.js'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { type NotesAppOptions, notesApp } from '../harness/notes-app.js'
import {
  authorizationUrl,
  Browser,
  callMcp,
  codeForm,
  newCode,
  newTokens,
  postForm,
  refreshForm,
  register,
} from '../harness/oauth-driver.js'

/** The document omits the port at which the client listens. */
const callback = 'http://127.0.0.1:54321/callback'
const client = documentClient(callback)

describe.each(hosts)('$name', ({ start }) => {
  const now = testClock()
  const events: AuthEvent[] = []
  let store: Store
  let site: ClientWebsite
  let host: RunningHost
  const running: RunningHost[] = []

  async function run(options: NotesAppOptions = {}): Promise<RunningHost> {
    const one = await start(notesApp({ now, store, events, ssrfSafeFetch: site.fetch, ...options }))
    running.push(one)
    return one
  }

  beforeEach(async () => {
    store = memoryStore({ now })
    site = await startClientWebsite()
    host = await run()
    events.length = 0
  })
  afterEach(async () => {
    for (const one of running.splice(0)) await one.close()
    await site.close()
  })

  const open = (changes: Parameters<typeof authorizationUrl>[2] = {}, of = host) =>
    new Browser('alice').open(authorizationUrl(of.origin, client, changes))

  test('B-09 the metadata announces client IDs that are URLs', async () => {
    const metadata = await fetch(`${host.origin}/.well-known/oauth-authorization-server`)
    expect(await metadata.json()).toMatchObject({ client_id_metadata_document_supported: true })
  })

  test('an unregistered client gets tokens, uses them and refreshes them', async () => {
    const tokens = await newTokens(host.origin, client)
    expect(await (await callMcp(host.origin, tokens.access_token)).json()).toMatchObject({
      clientId: documentUrl,
      subject: 'alice',
    })
    const refreshed = await postForm(`${host.origin}/token`, refreshForm(client, tokens.refresh_token))
    expect(refreshed.status).toBe(200)
    expect(site.requests).toEqual([documentUrl])
  })

  test('C-30 C-31 G-17 G-18 the page shows the publisher of the document and the redirect host, and no remote image', async () => {
    site.publish({ client_name: 'Claude', logo_uri: 'https://client.example/logo.png' })
    const page = await (await open()).text()
    expect(page).toContain('Claude')
    expect(page).toContain('client.example')
    expect(page).toContain('127.0.0.1:54321')
    expect(page).toContain('class="caution"')
    expect(page).not.toContain('logo.png')
    expect(page).not.toContain('<img')
  })

  test.each([
    ['http://client.example/oauth/client.json', 'not https'],
    ['https://client.example/', 'no path'],
    ['https://client.example', 'no path'],
    [`${documentUrl}#a`, 'a fragment'],
    [`${documentUrl}?a=b`, 'a query'],
    ['https://user@client.example/oauth/client.json', 'user information'],
    ['https://client.example/x/../oauth/client.json', 'dot segments'],
    ['https://client.example/x/%2e%2e/oauth/client.json', 'hidden dot segments'],
    ['https://client.example:443/oauth/client.json', 'the default port'],
    ['https://CLIENT.example/oauth/client.json', 'upper case'],
  ])('G-01 G-02 %s is not a client: %s', async (clientId) => {
    await expectErrorPage(await open({ client_id: clientId }), 400)
    expect(site.requests).toEqual([])
  })

  test('G-03 a document that names another client is refused, even if only a slash differs', async () => {
    site.publish({ client_id: `${documentUrl}/` })
    expect((await told()).status).toBe(400)
    site.publish()
    expect((await open()).status).toBe(200)
  })

  test('G-09 C-03 the redirect URI must be one of the document, except for the loopback port', async () => {
    const callbacks = ['http://127.0.0.1/callback', 'https://client.example/callback']
    site.publish({ redirect_uris: callbacks })
    for (const uri of [callback, ...callbacks]) expect((await open({ redirect_uri: uri })).status).toBe(200)
    for (const uri of [
      'http://127.0.0.1:54321/callback/more',
      'http://localhost:54321/callback',
      'https://client.example/callback/',
      'https://client.example:8443/callback',
      'https://evil.example/callback',
    ]) {
      await expectErrorPage(await open({ redirect_uri: uri }), 400)
    }
  })

  test('G-16 a malformed request fetches no document', async () => {
    for (const redirect_uri of [
      'javascript:alert(1)',
      'http://evil.example/',
      'nowhere',
      [callback, callback],
    ]) {
      await expectErrorPage(await open({ redirect_uri }), 400)
    }
    await expectErrorPage(await open({ client_id: [documentUrl, documentUrl] }), 400)
    expect(site.requests).toEqual([])
  })

  test('C-14 the client receives other errors of its request', async () => {
    const response = await open({ code_challenge_method: 'plain' })
    expectErrorRedirect(response, 'invalid_request', { to: `${callback}?`, issuer: host.origin })
  })

  /** The reason on the page, and the error in the link to the loopback client. */
  async function told(changes: Parameters<typeof open>[0] = {}) {
    const response = await open(changes)
    const { status } = response
    const code = status === 503 ? 'temporarily_unavailable' : 'unauthorized_client'
    const to = { to: `${callback}?`, issuer: host.origin }
    const page = await expectErrorLink(response, status as 400 | 503, code, to)
    return { status, retryAfter: response.headers.get('retry-after'), page: withoutReferences(page) }
  }
  const unread =
    'This server could not read the description of the application at client.example: the website '

  test('G-05 G-10 G-12 M-11 the page names the document URL and the reason when a document cannot be used', async () => {
    const attempts: [() => void, number, string][] = [
      [() => site.breakDown(), 503, `${unread}responded with the status 500.`],
      [
        () => site.answerWith((_request, response) => response.writeHead(403).end('no clouds here')),
        503,
        `${unread}responded with the status 403.`,
      ],
      [
        () => site.answerWith((_request, response) => response.writeHead(404).end()),
        400,
        `${unread}responded with the status 404.`,
      ],
      [
        () => site.publish({ redirect_uris: [] }),
        400,
        'The description of the application at client.example is not valid.',
      ],
      [
        () =>
          site.answerWith((_request, response) => response.writeHead(302, { location: documentUrl }).end()),
        503,
        `${unread}responded with a redirect.`,
      ],
      [
        () =>
          site.answerWith((_request, response) => response.setHeader('content-type', 'text/html').end('{}')),
        400,
        'The description of the application at client.example is not valid.',
      ],
      [
        () => site.answerWith((_request, response) => response.destroy()),
        503,
        `${unread}could not be reached.`,
      ],
    ]
    for (const [breakIt, status, text] of attempts) {
      breakIt()
      now.advance(10)
      const { page, ...answer } = await told()
      expect(answer).toEqual({ status, retryAfter: status === 503 ? '5' : null })
      expect(page).toContain(text)
      expect(page).not.toContain('no clouds here')
    }
    expect(events.filter(({ type }) => type === 'document.failed')).toMatchObject(
      ['status', 'status', 'status', 'invalid', 'redirect', 'invalid', 'unreachable'].map((reason) => ({
        reason,
        clientId: documentUrl,
      })),
    )
    site.publish()
    expect((await open()).status).toBe(200)
  })

  test('G-12 M-11 a forbidden host looks like a host that is down', async () => {
    site.answerWith((_request, response) => response.destroy())
    const down = await told()
    const private_ = await run({ ssrfSafeFetch: undefined })
    const hosts = ['127.0.0.1', 'localhost', '[::1]', '10.0.0.1', 'intranet', 'a.example:8443']
    for (const elsewhere of hosts) {
      const url = authorizationUrl(private_.origin, { ...client, client_id: `https://${elsewhere}/a` })
      const response = await new Browser('alice').open(url)
      const page = withoutReferences(await response.text())
        .replaceAll(private_.origin, host.origin)
        .replaceAll(encodeURIComponent(private_.origin), encodeURIComponent(host.origin))
        .replaceAll(`at%20${encodeURIComponent(elsewhere)}%3A`, 'at%20client.example%3A')
        .replaceAll(`at ${elsewhere}:`, 'at client.example:')
      expect([response.status, response.headers.get('retry-after'), page]).toEqual([
        down.status,
        down.retryAfter,
        down.page,
      ])
    }
    expect(events.filter(({ type }) => type === 'document.failed').slice(1)).toMatchObject(
      hosts.map(() => ({ reason: 'not_public' })),
    )
  })

  test('G-12 L-20 M-18 a client is not called unknown while the fetch limit is reached', async () => {
    let isBusy = true
    const slow = await run({
      ssrfSafeFetch: (url, init) =>
        isBusy && url !== documentUrl ? new Promise<Response>(() => {}) : site.fetch(url, init),
    })
    const unapprovedCalls = Array.from({ length: 40 }, (_, i) =>
      fetch(authorizationUrl(slow.origin, { ...client, client_id: `https://h${i}.example/a` })),
    )
    await Promise.race(unapprovedCalls)
    const busy = await open({}, slow)
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([503, '5'])
    const page = await busy.text()
    expect(page).toContain('This server is too busy to look up the application right now.')
    expect(page).toContain('Wait 5 seconds, go back to the application that you came from and try again.')
    expect(page).not.toContain('recognize')
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'document.failed', clientId: documentUrl, reason: 'busy' }),
    )
    const asProgram = await fetch(authorizationUrl(slow.origin, client), {
      headers: { accept: 'application/json' },
    })
    await expectOutage(asProgram)
    isBusy = false
  })

  test('E-28 the token endpoint treats an unapproved client as unknown', async () => {
    const unknown = await postForm(`${host.origin}/token`, codeForm({ ...client, client_id: 'unknown' }, 'x'))
    const unapproved = await postForm(`${host.origin}/token`, codeForm(client, 'x'))
    expect([unapproved.status, await unapproved.text()]).toEqual([401, await unknown.text()])
    expect(site.requests).toEqual([])
  })

  /** Another process of the server, which shares only the store. */
  const runAnother = () => run({ issuerUrl: host.origin, resources: [`${host.origin}/mcp`] })
  const refresh = (of: RunningHost, token: string) =>
    postForm(`${of.origin}/token`, refreshForm(client, token))
  const refreshed = async (of: RunningHost, token: string) => {
    const response = await refresh(of, token)
    expect(response.status).toBe(200)
    return ((await response.json()) as { refresh_token: string }).refresh_token
  }

  test('G-13 users stay signed in at every process while the website of the client is down', async () => {
    const { refresh_token } = await newTokens(host.origin, client)
    site.breakDown()
    now.advance(3600)
    let last = await refreshed(host, refresh_token)
    const other = await runAnother()
    last = await refreshed(other, last)
    // Without cache headers, a document is fresh for five minutes and usable for one more day.
    now.advance(86_400 + 300 - 3600 - 1)
    last = await refreshed(other, last)
    now.advance(1)
    for (const one of [host, other]) await expectOutage(await refresh(one, last))
    site.publish()
    await refreshed(host, last)
  })

  test('G-13 a code issued earlier is redeemed at another process while the website is down', async () => {
    const code = await newCode(host.origin, client)
    site.breakDown()
    const redeemed = await postForm(`${(await runAnother()).origin}/token`, codeForm(client, code))
    expect(redeemed.status).toBe(200)
  })

  test('G-13 every process uses the newest copy of a document that any process fetched', async () => {
    const { refresh_token } = await newTokens(host.origin, client)
    now.advance(13 * 3600)
    const last = await refreshed(host, refresh_token)
    site.breakDown()
    now.advance(23 * 3600)
    await refreshed(await runAnother(), last)
  })

  test.each([404, 410])(
    'G-13 D-41 a removed document (%i) stays valid for ten minutes, then is an outage, and after one day an unknown client at every process',
    async (status) => {
      const { refresh_token } = await newTokens(host.origin, client)
      const other = await runAnother()
      const withdraw = () => site.answerWith((_request, response) => response.writeHead(status).end())
      now.advance(3600)
      withdraw()
      expect((await told()).status).toBe(400)
      now.advance(599)
      const last = await refreshed(host, refresh_token)
      now.advance(1)
      for (const one of [host, other]) await expectOutage(await refresh(one, last))
      // Nothing was consumed, and a repaired website works at once.
      site.publish()
      const next = await refreshed(other, last)
      withdraw()
      now.advance(86_400 + 300)
      for (const one of [host, other]) await expectOutage(await refresh(one, next))
      now.advance(86_400)
      for (const one of [host, other]) await expectOAuthError(await refresh(one, next), 401, 'invalid_client')
    },
  )

  test('D-41 a document changed between authorization and token request takes effect', async () => {
    const grant_types = ['authorization_code']
    const published = { client_id: documentUrl, client_name: 'x', redirect_uris: [callback], grant_types }
    site.answerWith((_request, response) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(published)),
    )
    const code = await newCode(host.origin, client)
    now.advance(59)
    const response = await postForm(`${host.origin}/token`, codeForm(client, code))
    expect(response.status).toBe(200)
    // It requested no refresh tokens.
    expect(await response.json()).not.toHaveProperty('refresh_token')
  })

  test('G-21 revoking one installation keeps the others and those of other users', async () => {
    const mine = await newTokens(host.origin, client)
    const onMyOtherDevice = await newTokens(host.origin, client)
    const revoked = await postForm(`${host.origin}/revoke`, {
      token: mine.refresh_token,
      client_id: documentUrl,
    })
    expect(revoked.status).toBe(200)
    expect((await callMcp(host.origin, mine.access_token)).status).toBe(401)
    expect((await callMcp(host.origin, onMyOtherDevice.access_token)).status).toBe(200)
    const refreshed = await postForm(
      `${host.origin}/token`,
      refreshForm(client, onMyOtherDevice.refresh_token),
    )
    expect(refreshed.status).toBe(200)
  })

  test('G-21 consent for one redirect URI or session does not cover another', async () => {
    await newTokens(host.origin, client)
    for (const redirect_uri of [callback, 'http://127.0.0.1:1/callback']) {
      const response = await open({ redirect_uri })
      expect([response.status, await response.text()]).toEqual([
        200,
        expect.stringContaining('name="transaction"'),
      ])
    }
  })

  test('C-30 C-41 a document that changes while the user reads sends no error to another website', async () => {
    const browser = new Browser('alice')
    for (const decision of ['allow', 'deny']) {
      site.publish({ redirect_uris: ['https://client.example/callback'] })
      now.advance(301)
      const url = authorizationUrl(host.origin, client, { redirect_uri: undefined })
      const page = await (await browser.open(url)).text()
      expect(page).toContain('client.example')
      // It may no longer request codes, and the client receives that error.
      const withoutCodes = { grant_types: ['refresh_token'], response_types: [] }
      site.publish({ redirect_uris: ['https://evil.example/callback'], ...withoutCodes })
      now.advance(301)
      const response = await browser.answer(host.origin, page, decision)
      expect([response.status, response.headers.get('location')]).toEqual([400, null])
    }
  })

  test('C-30 C-40 the user allows what the page showed, even if the document changes before the answer', async () => {
    const trusted = { redirect_uris: ['https://client.example/callback'], scope: 'notes:read' }
    const show = async (browser: Browser, scope?: string) =>
      (await browser.open(authorizationUrl(host.origin, client, { redirect_uri: undefined, scope }))).text()
    const browser = new Browser('alice')
    for (const changes of [
      { redirect_uris: ['https://evil.example/callback'] },
      { scope: 'notes:read notes:write' },
    ]) {
      for (const decision of ['allow', 'deny']) {
        site.publish(trusted)
        now.advance(301)
        const page = await show(browser)
        expect(page).toContain('client.example')
        expect(page).not.toContain('notes:write')
        site.publish({ ...trusted, ...changes })
        now.advance(301)
        events.length = 0
        await expectErrorPage(await browser.answer(host.origin, page, decision), 403)
        expect(events).toContainEqual(
          expect.objectContaining({
            type: 'consent.rejected',
            reason: 'other_request',
            clientId: documentUrl,
          }),
        )
      }
    }
    // Parameters of the request that are on no page may change.
    const page = await show(browser, 'notes:read')
    site.publish({ ...trusted, client_name: 'Another name', scope: 'notes:write' })
    now.advance(301)
    const answer = await browser.answer(host.origin, page, 'allow')
    expect(answer.headers.get('location')).toMatch(/^https:\/\/client\.example\/callback\?code=/)
  })

  test('G-19 the application decides which documents are allowed before any fetch and can revoke that at once', async () => {
    let trusted = false
    const strict = await run({
      clientIdMetadataDocuments: { allows: async (id) => trusted && id === documentUrl },
    })
    await expectErrorPage(await open({}, strict), 400)
    expect(site.requests).toEqual([])
    trusted = true
    const tokens = await newTokens(strict.origin, client)
    trusted = false
    const refused = await postForm(`${strict.origin}/token`, refreshForm(client, tokens.refresh_token))
    await expectOAuthError(refused, 401, 'invalid_client')
    await expectErrorPage(await open({}, strict), 400)
    trusted = true
    const refreshed = await postForm(`${strict.origin}/token`, refreshForm(client, tokens.refresh_token))
    expect(refreshed.status).toBe(200)
  })

  test('M-17 M-14 nothing is fetched another way while the application’s fetch refuses', async () => {
    const ways: string[] = []
    const closed = await run({
      async ssrfSafeFetch(url) {
        ways.push(url)
        throw new Error('there is no proxy')
      },
    })
    expect((await open({}, closed)).status).toBe(503)
    expect(ways).toEqual([documentUrl])
    expect(events.filter(({ type }) => type === 'document.failed')).toMatchObject([
      { reason: 'unreachable', cause: { message: 'there is no proxy' } },
    ])
    expect(site.requests).toEqual([])
    expect((await open()).status).toBe(200)
  })

  test('G-22 B-09 without client documents the metadata omits them, and a URL is an unknown client', async () => {
    await newTokens(host.origin, client)
    const off = await run({ clientIdMetadataDocuments: false, issuerUrl: host.origin })
    const fetched = site.requests.length
    const metadata = (await (
      await fetch(`${off.origin}/.well-known/oauth-authorization-server`)
    ).json()) as object
    expect(metadata).not.toHaveProperty('client_id_metadata_document_supported')
    await expectErrorPage(await open({}, off), 400)
    await expectOAuthError(
      await postForm(`${off.origin}/token`, codeForm(client, 'x')),
      401,
      'invalid_client',
    )
    expect(site.requests).toHaveLength(fetched)
  })

  test('clients that register work beside client documents', async () => {
    const registered = await register(host.origin)
    expect((await newTokens(host.origin, registered)).access_token).toBeDefined()
    expect(site.requests).toEqual([])
  })
})

function withoutReferences(page: string): string {
  return page.replaceAll(/nonce="[^"]*"/g, '').replaceAll(/<code>[\w-]{16}<\/code>/g, '')
}
