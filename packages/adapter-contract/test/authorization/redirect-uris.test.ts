import { type AuthEvent, memoryStore, type StaticClient } from '@tollgate/auth-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { documentClient, startClientWebsite } from '../harness/client-website.js'
import {
  expectCode,
  expectErrorPage,
  expectErrorRedirect,
  expectOAuthError,
} from '../harness/expectations.js'
import { anyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp, notesProvider } from '../harness/notes-app.js'
import {
  authorizationUrl,
  Browser,
  codeForm,
  postForm,
  type RegisteredClient,
} from '../harness/oauth-driver.js'

/** As Cursor registers: a private-use URI, its website, and loopback. */
const cursor = 'cursor://anysphere.cursor-mcp/oauth/callback'
const ofCursor = [
  cursor,
  'https://www.cursor.com/agents/mcp/oauth/callback',
  'http://localhost:8787/callback',
]

const desk: StaticClient & RegisteredClient = {
  client_id: 'desk',
  redirect_uris: ['http://192.168.1.7:8080/cb', 'com.example.desk:/cb'],
  token_endpoint_auth_method: 'none',
}

describe.each(hosts)('$name', ({ start }) => {
  const events: AuthEvent[] = []
  let host: RunningHost
  beforeAll(async () => {
    const allowedRedirectUris = [{ prefix: 'vscode://publisher.name/callback/' }]
    host = await start(notesApp({ events, allowedRedirectUris, clients: [desk] }))
  })
  afterAll(() => host.close())

  const send = (redirect_uris: readonly string[]) =>
    fetch(`${host.origin}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris, token_endpoint_auth_method: 'none' }),
    })
  const registered = async (redirect_uris: readonly string[]) => {
    const response = await send(redirect_uris)
    expect(response.status).toBe(201)
    return (await response.json()) as RegisteredClient
  }
  async function allowedAt(client: RegisteredClient, redirect_uri: string): Promise<string> {
    const browser = new Browser('alice')
    const page = await browser.open(authorizationUrl(host.origin, client, { redirect_uri }))
    expect(page.status).toBe(200)
    const answer = await browser.answer(host.origin, await page.text(), 'allow')
    return expectCode(answer, { to: `${redirect_uri}?`, issuer: host.origin, status: 303 })
  }

  test('F-27 Cursor registers and signs in with each of its redirect URIs', async () => {
    events.length = 0
    const client = await registered(ofCursor)
    expect(client.redirect_uris).toEqual(ofCursor)
    expect(events).toEqual([expect.not.objectContaining({ leftOut: expect.anything() })])
    for (const uri of ofCursor) {
      const code = await allowedAt(client, uri)
      const form = { ...codeForm(client, code), redirect_uri: uri }
      expect((await postForm(`${host.origin}/token`, form)).status).toBe(200)
    }
  })

  test('F-09 C-41 a malformed link opens no deep link of an allowed scheme', async () => {
    for (const uri of [
      'vscode:extension/evil.extension',
      'cursor://anysphere.cursor-deeplink/mcp/install?name=x&config=e30',
      'vscode://publisher.name/callback/../install',
      'vscode://publisher.name/callback/%2e%2e/install',
      'vscode://publisher.name/callback/x?install=y',
    ]) {
      await expectOAuthError(await send([uri]), 400, 'invalid_redirect_uri')
      // With a valid one, it is omitted and never becomes a redirect URI of the client.
      const client = await registered([uri, 'https://client.example/cb'])
      expect(client.redirect_uris).toEqual(['https://client.example/cb'])
      for (const changes of [{ redirect_uri: uri }, { redirect_uri: uri, response_type: 'token' }]) {
        const url = authorizationUrl(host.origin, client, changes)
        const page = await expectErrorPage(await new Browser('alice').open(url), 400)
        expect(page).not.toContain('<a ')
      }
    }
  })

  test('F-09 a prefix lets a client append path segments', async () => {
    const uri = 'vscode://publisher.name/callback/5f2a'
    const client = await registered([uri])
    await allowedAt(client, uri)
  })

  test('F-27 disallowed redirect URIs are omitted, and client and operator are notified', async () => {
    const asked = [
      'vscode://auth/cb',
      'http://192.168.1.7/cb',
      'https://client.example/cb',
      'http://client.example/cb',
      'http://localhost/cb',
    ]
    events.length = 0
    const client = await registered(asked)
    expect(client.redirect_uris).toEqual(['https://client.example/cb', 'http://localhost/cb'])
    expect(events).toEqual([
      {
        type: 'client.registered',
        clientId: client.client_id,
        leftOut: {
          redirect_uris: ['vscode://auth/cb', 'http://192.168.1.7/cb', 'http://client.example/cb'],
        },
        hint: expect.stringContaining('"allowedRedirectUris"'),
        requestId: expect.any(String),
      },
    ])
    // The error names the redirect URI when it is used anyway.
    for (const [redirect_uri, hint] of [
      ['vscode://auth/cb', '"allowedRedirectUris"'],
      ['http://192.168.1.7/cb', '"clients"'],
    ] as const) {
      events.length = 0
      const url = authorizationUrl(host.origin, client, { redirect_uri })
      expect(await expectErrorPage(await new Browser('alice').open(url), 400)).toContain(redirect_uri)
      expect(events).toMatchObject([
        {
          type: 'request.failed',
          reason: 'redirect_uri_not_allowed',
          description: expect.stringContaining(redirect_uri),
          hint: expect.stringContaining(hint),
        },
      ])
    }
  })

  test('F-27 a refusal names the URI and the option to the client and to the operator', async () => {
    events.length = 0
    const text = await expectOAuthError(await send(['vscode://auth/cb']), 400, 'invalid_redirect_uri')
    expect(text).toContain('The redirect URI vscode://auth/cb is not in allowedRedirectUris of this server.')
    expect(events).toMatchObject([
      {
        type: 'request.failed',
        reason: 'redirect_uri_not_allowed',
        description: expect.stringContaining('vscode://auth/cb'),
        hint: expect.stringContaining('"allowedRedirectUris"'),
      },
    ])
  })

  test('F-27 O-03 a refusal contains no password, no control character and no long text', async () => {
    for (const uri of [
      'https://user:the-secret@client.example/cb',
      'vscode://auth/the-secret\r\nX: y',
      `vscode://auth/${'x'.repeat(200)}/the-secret`,
    ]) {
      events.length = 0
      const text = await expectOAuthError(await send([uri]), 400, 'invalid_redirect_uri')
      expect(text + JSON.stringify(events)).not.toContain('the-secret')
      for (const event of events)
        expect(event).toMatchObject({ description: expect.stringMatching(/^[ -~]{1,200}$/) })
    }
  })

  test('C-04 F-27 a redirect URI that another client registered is named in the error and not used', async () => {
    const client = await registered(['https://client.example/cb'])
    events.length = 0
    const redirect_uri = 'https://evil.example/cb'
    const url = authorizationUrl(host.origin, client, { redirect_uri })
    await expectErrorPage(await new Browser('alice').open(url), 400)
    expect(events).toMatchObject([
      {
        reason: 'redirect_uri_unregistered',
        clientId: client.client_id,
        description: expect.stringContaining(redirect_uri),
      },
    ])
  })

  test('F-09 a configured client can use http on a private network and its own private-use URI', async () => {
    for (const uri of desk.redirect_uris) {
      const code = await allowedAt(desk, uri)
      const form = { ...codeForm(desk, code), redirect_uri: uri }
      expect((await postForm(`${host.origin}/token`, form)).status).toBe(200)
      const wrong = authorizationUrl(host.origin, desk, { redirect_uri: uri, response_type: 'token' })
      const to = { to: `${uri}?`, issuer: host.origin }
      expectErrorRedirect(await new Browser('alice').open(wrong), 'unsupported_response_type', to)
      // No other client can have it.
      await expectOAuthError(await send([uri]), 400, 'invalid_redirect_uri')
      const unapproved = await registered(['https://client.example/cb'])
      const url = authorizationUrl(host.origin, unapproved, { redirect_uri: uri })
      await expectErrorPage(await new Browser('alice').open(url), 400)
    }
    const elsewhere = authorizationUrl(host.origin, desk, { redirect_uri: 'http://192.168.1.7:8081/cb' })
    await expectErrorPage(await new Browser('alice').open(elsewhere), 400)
  })
})

describe('redirect URIs and options', () => {
  test('F-27 the operator can disable redirect URIs of well-known clients, including registered ones', async () => {
    const store = memoryStore()
    const host = await anyHost.start(notesApp({ store }))
    const send = (origin: string) =>
      fetch(`${origin}/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ redirect_uris: ofCursor, token_endpoint_auth_method: 'none' }),
      })
    const client = (await (await send(host.origin)).json()) as RegisteredClient
    const narrower = await anyHost.start(() => ({
      provider: notesProvider(host.origin, { store, wellKnownRedirectUris: false }),
    }))
    expect(await (await send(narrower.origin)).json()).toMatchObject({ redirect_uris: ofCursor.slice(1) })
    const url = authorizationUrl(narrower.origin, client, { redirect_uri: cursor })
    expect(await expectErrorPage(await new Browser('alice').open(url), 400)).toContain(cursor)
    const other = authorizationUrl(narrower.origin, client, { redirect_uri: ofCursor[2] })
    expect((await new Browser('alice').open(other)).status).toBe(200)
    await Promise.all([host.close(), narrower.close()])
  })

  test('F-09 a configured client needs dangerouslyAllowInsecureUrls for http on a public host', () => {
    const clients = [{ ...desk, redirect_uris: ['http://desk.example.com/cb'] }]
    expect(() => notesProvider('https://a.example', { clients })).toThrow(
      /^OAuthProvider: "clients" \(desk\): The redirect URI http:\/\/desk\.example\.com\/cb is http/,
    )
    expect(() =>
      notesProvider('https://a.example', { clients, dangerouslyAllowInsecureUrls: true }),
    ).not.toThrow()
    for (const uri of ['javascript:alert(1)', 'file:///x', 'https://desk.example.com/cb#x', 'desk:cb'])
      expect(() =>
        notesProvider('https://a.example', { clients: [{ ...desk, redirect_uris: [uri] }] }),
      ).toThrow(/^OAuthProvider: "clients" \(desk\): The redirect URI/)
  })

  test('F-09 dangerouslyAllowInsecureUrls does not let unapproved clients use http on a private network', async () => {
    const host = await anyHost.start(notesApp({ dangerouslyAllowInsecureUrls: true }))
    for (const uri of ['http://192.168.1.7/cb', 'http://client.example/cb']) {
      const response = await fetch(`${host.origin}/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ redirect_uris: [uri] }),
      })
      await expectOAuthError(response, 400, 'invalid_redirect_uri')
    }
    await host.close()
  })
})

test('F-27 G-09 disallowed redirect URIs of a client document are omitted, and the others work', async () => {
  const website = await startClientWebsite()
  website.publish({ redirect_uris: [...ofCursor, 'vscode://auth/cb', 'http://10.0.0.1/cb'] })
  const events: AuthEvent[] = []
  const host = await anyHost.start(notesApp({ events, ssrfSafeFetch: website.fetch }))
  const open = (redirect_uri: string) =>
    new Browser('alice').open(authorizationUrl(host.origin, documentClient(cursor), { redirect_uri }))
  for (const uri of ofCursor) expect((await open(uri)).status).toBe(200)
  for (const uri of ['vscode://auth/cb', 'http://10.0.0.1/cb']) {
    expect(await expectErrorPage(await open(uri), 400)).toContain(uri)
  }
  await host.close()
  await website.close()
})
