import { html, memoryStore, type PageError } from '@tollgate/auth-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectErrorLink, expectErrorPage, expectOAuthError } from '../harness/expectations.js'
import { anyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp } from '../harness/notes-app.js'
import { authorizationUrl, Browser, postForm, register } from '../harness/oauth-driver.js'

/** The request of a formerly registered client that waits at a loopback address. */
const forgotten = (redirectUri: string | undefined) => ({
  client_id: 'registered-once',
  redirect_uris: redirectUri === undefined ? [] : [redirectUri],
})

/** What the page tells the user to do. The apostrophe is escaped. */
const advice = 'Remove the connection in the application and add it again.'

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  beforeAll(async () => {
    host = await start(notesApp())
  })
  afterAll(() => host.close())
  const open = (redirectUri: string | undefined, changes = {}, browser = new Browser('alice')) =>
    browser.open(authorizationUrl(host.origin, forgotten(redirectUri), changes))

  test.each(['http://127.0.0.1:7777/callback', 'http://localhost:1/cb?a=b', 'http://[::1]:7777/callback'])(
    'C-02 C-45 an unknown client waiting at %s is notified by a link, and the user learns what to do',
    async (uri) => {
      const to = `${uri}${uri.includes('?') ? '&' : '?'}`
      for (const browser of [new Browser('alice'), new Browser()]) {
        const page = await expectErrorLink(await open(uri, {}, browser), 400, 'unauthorized_client', {
          to,
          issuer: host.origin,
        })
        expect(page).toContain('This server doesn&#39;t recognize the application.')
        expect(page).toContain(advice)
        expect(page).toContain('“Disconnect”, “Clear authentication” or “Log out”')
        expect(page).not.toContain('try again')
      }
      const [url = '', query = ''] = authorizationUrl(host.origin, forgotten(uri)).split('?')
      await expectErrorLink(await postForm(url, query), 400, 'unauthorized_client', {
        to,
        issuer: host.origin,
      })
    },
  )

  test.each([
    ['a website', 'https://client.example/cb'],
    ['a website by http', 'http://client.example/cb'],
    ['a private-use scheme', 'cursor://auth/cb'],
    ['a script', 'javascript:alert(1)'],
    ['a host that only begins like loopback', 'http://127.0.0.1.evil.example/cb'],
    ['user information', 'http://127.0.0.1:7777@evil.example/cb'],
    ['a backslash', 'http://127.0.0.1\\@evil.example/cb'],
    ['a fragment', 'http://127.0.0.1:7777/cb#x'],
    ['a parameter of the response', 'http://127.0.0.1:7777/cb?code=x'],
    ['nothing', undefined],
  ])('C-02 C-45 an unknown client that names %s gets a page without a link', async (_name, uri) => {
    const page = await expectErrorPage(await open(uri), 400)
    expect(page).not.toMatch(/<a\s|href=/)
  })

  test('C-02 C-45 two redirect URIs give no link', async () => {
    const redirect_uri = ['http://127.0.0.1:7777/cb', 'http://127.0.0.1:8888/cb']
    expect(await expectErrorPage(await open(undefined, { redirect_uri }), 400)).not.toContain('href=')
  })

  test('C-29 C-45 markup in the state stays part of the link', async () => {
    const state = '"><script>alert(1)</script>'
    const page = await expectErrorLink(
      await open('http://127.0.0.1:7777/cb', { state }),
      400,
      'unauthorized_client',
      { to: 'http://127.0.0.1:7777/cb?', issuer: host.origin, state },
    )
    expect(page).not.toContain('<script')
  })

  test.each([
    ['that was sent twice', ['a', 'b']],
    ['of more than 4096 characters', 'x'.repeat(4097)],
  ])('C-13 C-45 a state %s is not returned', async (_name, state) => {
    await expectErrorLink(await open('http://127.0.0.1:7777/cb', { state }), 400, 'unauthorized_client', {
      to: 'http://127.0.0.1:7777/cb?',
      issuer: host.origin,
      state: null,
    })
  })

  test('C-02 C-45 a client that accepts JSON gets JSON', async () => {
    const url = authorizationUrl(host.origin, forgotten('http://127.0.0.1:7777/cb'))
    const answer = await fetch(url, { headers: { accept: 'application/json' }, redirect: 'manual' })
    expect(await expectOAuthError(answer, 400, 'invalid_client')).toContain(advice)
  })
})

test('C-45 a client deleted while its user reads the consent page is notified by a link', async () => {
  const store = memoryStore()
  const host = await anyHost.start(notesApp({ store }))
  const client = await register(host.origin)
  const browser = new Browser('alice')
  const page = await (await browser.open(authorizationUrl(host.origin, client))).text()
  const emptied = await anyHost.start(() => notesApp({ store: withoutClients(store) })(host.origin))
  const answer = await browser.answer(emptied.origin, page, 'allow')
  await expectErrorLink(answer, 400, 'unauthorized_client', {
    to: `${client.redirect_uris[0]}?`,
    issuer: host.origin,
  })
  await emptied.close()
  await host.close()
})

function withoutClients(store: ReturnType<typeof memoryStore>): ReturnType<typeof memoryStore> {
  return {
    ...store,
    get: (key) => (key.startsWith('client:') ? Promise.resolve(undefined) : store.get(key)),
  }
}

test('C-45 a custom error page receives the link', async () => {
  const shown: PageError[] = []
  const errorPage = (error: PageError) => {
    shown.push(error)
    return html`<!doctype html><title>Fehler</title>`
  }
  const host = await anyHost.start(notesApp({ errorPage }))
  const url = authorizationUrl(host.origin, forgotten('http://127.0.0.1:7777/cb'), { state: 's' })
  expect((await new Browser().open(url)).status).toBe(400)
  expect(shown[0]?.continueTo?.destination).toEqual({ kind: 'loopback', host: '127.0.0.1:7777' })
  const { searchParams } = new URL(shown[0]?.continueTo?.url ?? '')
  expect(Object.fromEntries(searchParams)).toEqual({
    error: 'unauthorized_client',
    error_description: `This server doesn't recognize the application. ${advice}`,
    state: 's',
    iss: host.origin,
  })
  await host.close()
})
