import {
  type Destination,
  html,
  memoryStore,
  type PageError,
  type SignInAnswer,
  type StaticClient,
} from '@tollgate/auth-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { documentClient, startClientWebsite } from '../harness/client-website.js'
import {
  expectCode,
  expectErrorLink,
  expectErrorPage,
  expectErrorRedirect,
  expectOAuthError,
  expectSafePage,
} from '../harness/expectations.js'
import { anyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { type NotesAppOptions, notesApp } from '../harness/notes-app.js'
import {
  authorizationUrl,
  Browser,
  postForm,
  type RegisteredClient,
  register,
} from '../harness/oauth-driver.js'

/** Metadata that an attacker registers to send people to their site from a trusted server. */
const phish = 'https://phish.example/'
const redirect_uris = [phish]
const named: StaticClient = { client_id: 'desk', redirect_uris, token_endpoint_auth_method: 'none' }

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  let client: RegisteredClient
  let answer: (() => SignInAnswer) | undefined
  const events: { readonly type: string }[] = []
  const toPhish = () => ({ to: `${phish}?`, issuer: host.origin })
  const byForm = () => ({ ...toPhish(), status: 303 as const })
  const open = (changes: Record<string, string> = {}, browser = new Browser('alice'), of = client) =>
    browser.open(authorizationUrl(host.origin, of, changes))

  beforeAll(async () => {
    host = await start(
      notesApp({
        allowedRedirectUris: ['cursor://auth/cb'],
        clients: [named, { ...named, client_id: 'editor', redirect_uris: ['com.example.editor:/cb'] }],
        events: events as NotesAppOptions['events'] & {},
        signIn: () => answer?.() ?? { subject: 'alice' },
      }),
    )
    client = await register(host.origin, { redirect_uris })
  })
  afterAll(() => host.close())

  test('C-41 a malformed link ends at an error page, signed in or not, by GET or POST', async () => {
    answer = undefined
    const wrong = { scope: '"' }
    for (const browser of [new Browser('alice'), new Browser()]) {
      const page = await expectErrorLink(await open(wrong, browser), 400, 'invalid_scope', toPhish())
      expect(page).toContain('The scope contains characters that are not allowed.')
      expect(page).toContain('the website\nphish.example, which Notes &#38; more has not checked')
      expect(browser.cookies.has('tollgate-browser')).toBe(false)
    }
    const [url = '', query = ''] = authorizationUrl(host.origin, client, wrong).split('?')
    await expectErrorLink(await postForm(url, query), 400, 'invalid_scope', toPhish())
    expect(events.at(-1)).toMatchObject({ type: 'request.failed', code: 'invalid_scope' })

    // The same client without the mistake: the user is asked, and the answer redirects at once.
    for (const [decision, expectAnswer] of [
      ['deny', (denied: Response) => expectErrorRedirect(denied, 'access_denied', byForm())],
      ['allow', (allowed: Response) => expectCode(allowed, byForm())],
    ] as const) {
      const browser = new Browser('alice')
      const page = await (await open({}, browser)).text()
      expectAnswer(await browser.answer(host.origin, page, decision))
    }
  })

  test('C-02 C-41 a client that accepts JSON gets the error as JSON and no redirect', async () => {
    answer = undefined
    const response = await open({ scope: '"' }, new JsonBrowser())
    await expectOAuthError(response, 400, 'invalid_scope')
    expect(response.headers.get('location')).toBeNull()
  })

  test.each([
    ['that the operator has named', () => ({ client_id: 'desk', redirect_uris })],
    ['on loopback', () => register(host.origin, { redirect_uris: ['http://127.0.0.1:1/cb'] })],
    ['on loopback by https', () => register(host.origin, { redirect_uris: ['https://localhost:1/cb'] })],
    [
      'that the operator has named, with a private-use redirect URI',
      () => ({ client_id: 'editor', redirect_uris: ['com.example.editor:/cb'] }),
    ],
  ])('C-06 C-32 C-34 C-41 a client %s gets its error by redirect at once', async (_name, known) => {
    const trusted = await known()
    const openFor = (changes = {}) => open(changes, new Browser('alice'), trusted)
    const expected = { to: `${trusted.redirect_uris[0]}?`, issuer: host.origin }
    answer = undefined
    expectErrorRedirect(await openFor({ scope: '"' }), 'invalid_scope', expected)
    answer = () => ({ denied: true })
    expectErrorRedirect(await openFor(), 'access_denied', expected)
    answer = () => {
      throw new Error('secret detail')
    }
    expectErrorRedirect(await openFor(), 'server_error', expected)
  })

  test('C-41 a malformed link does not open the program of an unapproved client', async () => {
    const redirect_uris = ['cursor://auth/cb']
    const editor = await register(host.origin, { redirect_uris })
    const to = { to: 'cursor://auth/cb?', issuer: host.origin }
    const openFor = (changes = {}) => open(changes, new Browser('alice'), editor)
    answer = undefined
    const page = await expectErrorLink(
      await openFor({ response_type: 'token' }),
      400,
      'unsupported_response_type',
      to,
    )
    expect(page).toContain('which Notes &#38; more has not checked')
    answer = () => ({ denied: true })
    await expectErrorLink(await openFor(), 403, 'access_denied', to)
    answer = () => {
      throw new Error('secret detail')
    }
    await expectErrorLink(await openFor(), 500, 'server_error', to)

    // After the answer of the user, the program opens.
    answer = () => ({ denied: true, by: 'user' })
    expectErrorRedirect(await openFor(), 'access_denied', to)
    answer = undefined
    for (const [decision, expectAnswer] of [
      ['deny', (denied: Response) => expectErrorRedirect(denied, 'access_denied', { ...to, status: 303 })],
      ['allow', (allowed: Response) => expectCode(allowed, { ...to, status: 303 })],
    ] as const) {
      const browser = new Browser('alice')
      const consent = await (await open({}, browser, editor)).text()
      expectAnswer(await browser.answer(host.origin, consent, decision))
    }
  })

  test('C-32 C-41 a denial redirects at once only if the user pressed a button', async () => {
    answer = () => ({ denied: true })
    await expectErrorLink(await open(), 403, 'access_denied', toPhish())
    expect(events.at(-1)).toMatchObject({ type: 'authorization.denied', by: 'application' })
    answer = () => ({ denied: true, by: 'everybody' as 'user' })
    await expectErrorLink(await open(), 403, 'access_denied', toPhish())
    answer = () => ({ denied: true, by: 'user' })
    expectErrorRedirect(await open(), 'access_denied', toPhish())
    expect(events.at(-1)).toMatchObject({ type: 'authorization.denied', by: 'user' })

    // The button is on our page here.
    answer = undefined
    const browser = new Browser('alice')
    const page = await (await open({}, browser)).text()
    answer = () => ({ denied: true })
    expectErrorRedirect(await browser.answer(host.origin, page, 'allow'), 'access_denied', byForm())
    expect(events.at(-1)).toMatchObject({ type: 'authorization.denied', by: 'application' })
  })

  test('C-34 C-41 the user first sees a failure of the application, without details', async () => {
    answer = () => {
      throw new Error('secret detail')
    }
    const page = await expectErrorLink(await open(), 500, 'server_error', toPhish())
    expect(page).not.toMatch(/secret|detail/)
  })
})

/** A plain HTTP client, not a browser. */
class JsonBrowser extends Browser {
  override open(url: string, init: RequestInit = {}): Promise<Response> {
    return super.open(url, { ...init, headers: { accept: 'application/json' } })
  }
}

async function withClient(
  options: NotesAppOptions,
  check: (open: () => Promise<Response>, origin: string) => Promise<void>,
): Promise<void> {
  const host = await anyHost.start(notesApp(options))
  try {
    const client = await register(host.origin, { redirect_uris, client_name: 'Notes & more' })
    const wrong = { scope: options.scopesSupported === undefined ? undefined : '"' }
    await check(() => new Browser('alice').open(authorizationUrl(host.origin, client, wrong)), host.origin)
  } finally {
    await host.close()
  }
}
const mistaken = { scopesSupported: ['notes:read'] }

test('C-41 a client with a document is as unapproved as a registered one', async () => {
  const website = await startClientWebsite()
  website.publish({ redirect_uris })
  const host = await anyHost.start(notesApp({ ssrfSafeFetch: website.fetch }))
  const open = (changes: Record<string, string>) =>
    new Browser('alice').open(authorizationUrl(host.origin, documentClient(phish), changes))
  await expectErrorLink(await open({ scope: '"' }), 400, 'invalid_scope', {
    to: `${phish}?`,
    issuer: host.origin,
  })
  expect((await open({})).status).toBe(200)
  await host.close()
  await website.close()
})

describe('C-41 outages and open redirects', () => {
  test('C-41 a store outage before consent shows a page to a signed-in user', async () => {
    const store = memoryStore()
    let isDown = true
    const failing: typeof store = {
      ...store,
      set: (key, ...rest) =>
        isDown && key.startsWith('consent:')
          ? Promise.reject(new Error('secret detail'))
          : store.set(key, ...rest),
    }
    await withClient({ store: failing }, async (open, issuer) => {
      const response = await open()
      expect(response.headers.get('retry-after')).toBe('5')
      await expectErrorLink(response, 503, 'temporarily_unavailable', { to: `${phish}?`, issuer })
      isDown = false
      expect((await open()).status).toBe(200)
    })
  })

  test('C-41 a store outage after the application’s own consent redirects', async () => {
    const store = memoryStore()
    const failing: typeof store = {
      ...store,
      set: (key, ...rest) =>
        key.startsWith('code:') ? Promise.reject(new Error('secret detail')) : store.set(key, ...rest),
    }
    const signIn = () => ({ subject: 'alice', consentGiven: true })
    await withClient({ store: failing, signIn }, async (open, issuer) => {
      expectErrorRedirect(await open(), 'temporarily_unavailable', { to: `${phish}?`, issuer })
    })
  })

  test('C-41 a rate limit caused by too many requests shows a page', async () => {
    let isTooMany = true
    const rateLimit: NotesAppOptions['rateLimit'] = ({ stage }) =>
      isTooMany && stage === 'authenticated' ? { retryAfter: 7 } : { allowed: true }
    await withClient({ rateLimit }, async (open, issuer) => {
      const response = await open()
      expect(response.headers.get('retry-after')).toBe('7')
      await expectErrorLink(response, 429, 'temporarily_unavailable', { to: `${phish}?`, issuer })
      isTooMany = false
      expect((await open()).status).toBe(200)
    })
  })
})

const nameOf = (to?: Destination) => (to?.kind === 'scheme' ? to.scheme : to?.host)

describe('C-41 a custom error page', () => {
  test('C-41 a custom error page gets the redirect host and URL only when a client is known', async () => {
    const shown: PageError[] = []
    const errorPage: NotesAppOptions['errorPage'] = (error) => {
      shown.push(error)
      return html`<!doctype html><title>Fehler</title><p>${nameOf(error.continueTo?.destination)}</p>`
    }
    await withClient({ ...mistaken, errorPage }, async (open, origin) => {
      const response = await open()
      expect([response.status, response.headers.get('location')]).toEqual([400, null])
      expectSafePage(response)
      expect(await response.text()).toContain('<p>phish.example</p>')
      await new Browser('alice').open(`${origin}/authorize?client_id=nobody`)
      const url = `${phish}?error=invalid_scope&error_description=The%20scope%20contains%20characters%20that%20are%20not%20allowed.&state=st%40te%2B%20%2F%25&iss=${encodeURIComponent(origin)}`
      const destination = { kind: 'website', host: 'phish.example' }
      expect(shown.map(({ continueTo }) => continueTo)).toEqual([{ destination, url }, undefined])
    })
  })

  test('C-41 a failing custom error page is replaced by the default one with its link', async () => {
    const errorPage = () => Promise.reject(new Error('secret detail'))
    await withClient({ ...mistaken, errorPage }, async (open, issuer) => {
      await expectErrorLink(await open(), 400, 'invalid_scope', { to: `${phish}?`, issuer })
    })
  })
})

test.each([
  ['markup in the state', phish, { state: '"><script>alert(1)</script><a href="//evil.example">x</a>' }],
  ['quotes in the redirect URI', "https://phish.example/'onclick='alert(1)'/x", {}],
  ['a host in capitals', 'https://PHISH.example/cb', {}],
  ['a name that is not ASCII', 'https://xn--nts-hoa.example/cb', {}],
])('C-29 C-41 %s is only part of the link', async (_name, uri, changes) => {
  const host = await anyHost.start(notesApp())
  const client = await register(host.origin, { redirect_uris: [uri], client_name: 'Notes <b>&</b> more' })
  const answer = await new Browser().open(authorizationUrl(host.origin, client, { ...changes, scope: '"' }))
  const page = await expectErrorLink(answer, 400, 'invalid_scope', {
    to: `${uri}?`,
    issuer: host.origin,
    ...changes,
  })
  // The client's own name is no reason to redirect there.
  expect(page).not.toContain('<b>')
  expect(page).not.toMatch(/<script|\sonclick=/)
  await expectErrorPage(await new Browser().open(`${host.origin}/authorize`), 400)
  await host.close()
})
