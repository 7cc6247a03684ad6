import { type AuthEvent, memoryStore, type SignInAnswer } from '@tollgate/auth-core'
import { testClock } from '@tollgate/auth-testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expectCode, expectErrorPage, expectErrorRedirect, expectSafePage } from '../harness/expectations.js'
import { anyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp, notesProvider } from '../harness/notes-app.js'
import {
  authorizationUrl,
  Browser,
  callback,
  codeForm,
  postForm,
  type RegisteredClient,
  register,
  transactionOf,
} from '../harness/oauth-driver.js'
import { observedStore } from '../harness/observed-store.js'
import { slowStore } from '../harness/slow-store.js'

const now = testClock()

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  let client: RegisteredClient
  let browser: Browser
  let page: string
  const events: AuthEvent[] = []
  const redirected = () => ({ to: `${callback}?`, issuer: host.origin, status: 303 as const })
  /** The corrected answer: the failed one consumed nothing. */
  const answerCorrectly = async () =>
    expectCode(await browser.answer(host.origin, page, 'allow'), redirected())

  beforeAll(async () => {
    host = await start(notesApp({ now, events }))
    client = await register(host.origin)
  })
  afterAll(() => host.close())
  beforeEach(async () => {
    browser = new Browser('alice')
    page = await (await browser.open(authorizationUrl(host.origin, client))).text()
    events.length = 0
  })

  test('C-25 C-28 allowing redirects the browser with a working code', async () => {
    const code = await answerCorrectly()
    const tokens = await postForm(`${host.origin}/token`, codeForm(client, code))
    expect(tokens.status).toBe(200)
    // The first token of a server creates a key.
    const told = events.map(({ type }) => type).filter((type) => type !== 'key.added')
    expect(told).toEqual(['authorization.granted', 'tokens.issued'])
  })

  test('C-32 C-14 denying redirects the browser to the client with state and issuer', async () => {
    expectErrorRedirect(await browser.answer(host.origin, page, 'deny'), 'access_denied', redirected())
    expect(events.map(({ type }) => type)).toEqual(['authorization.denied'])
    await expectErrorPage(await browser.answer(host.origin, page, 'allow'), 400)
  })

  test('C-28 another browser cannot answer the page', async () => {
    const mallory = new Browser('alice')
    await expectErrorPage(await mallory.answer(host.origin, page, 'allow'), 403)
    // Not even a user with a page of their own.
    await mallory.open(authorizationUrl(host.origin, client))
    await expectErrorPage(await mallory.answer(host.origin, page, 'allow'), 403)
    await expectErrorPage(await mallory.answer(host.origin, page, 'deny'), 403)
    await answerCorrectly()
  })

  test('C-28 a transaction cookie that this server did not set is replaced and never echoed', async () => {
    const cookieName = [...browser.cookies.keys()].find((one) => one.includes('tollgate')) as string
    const planted = new Browser('alice')
    for (const value of ['x', 'x'.repeat(42), 'x'.repeat(2000)]) {
      planted.cookies.set(cookieName, value)
      const shown = await planted.open(authorizationUrl(host.origin, client))
      expect(planted.cookies.get(cookieName)).toMatch(/^[\w-]{43}$/)
      expectCode(await planted.answer(host.origin, await shown.text(), 'allow'), redirected())
    }
  })

  test('C-28 a browser without its cookie or with several is refused', async () => {
    const [name, value] = [...browser.cookies].find(([one]) => one.includes('tollgate')) ?? []
    expect(value).toMatch(/^[\w-]{43}$/)
    const answer = (cookie: string) =>
      postForm(
        `${host.origin}/consent`,
        { transaction: transactionOf(page), decision: 'allow' },
        { cookie: `user=alice; ${cookie}` },
      )
    await expectErrorPage(await answer(''), 403)
    await expectErrorPage(await answer(`${name}=`), 403)
    await expectErrorPage(await answer(`${name}=${value?.slice(1)}`), 403)
    await expectErrorPage(await answer(`${name}=${value?.slice(1)}x`), 403)
    await expectErrorPage(await answer(`x${name}=${value}`), 403)
    await expectErrorPage(await answer(`${name}=${value}; ${name}=${value}`), 403)
    expectCode(await answer(`a=b; ${name}=${value}; c=d`), redirected())
  })

  test.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling site', { 'sec-fetch-site': 'same-site' }],
    ['the address bar', { 'sec-fetch-site': 'none' }],
    ['another site that claims to be this one', { 'sec-fetch-site': 'cross-site', origin: 'SELF' }],
    ['a foreign origin', { 'sec-fetch-site': '', origin: 'https://evil.example' }],
    ['another port', { 'sec-fetch-site': '', origin: 'http://localhost:1' }],
    ['another scheme', { 'sec-fetch-site': '', origin: 'https://localhost' }],
  ])('C-28 a form of %s is refused', async (_name, { origin, ...headers }: Record<string, string>) => {
    const sent = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''))
    const answer = () =>
      browser.open(`${host.origin}/consent`, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          ...sent,
          ...(origin === undefined ? {} : { origin: origin === 'SELF' ? host.origin : origin }),
        },
        body: new URLSearchParams({ transaction: transactionOf(page), decision: 'allow' }),
      })
    await expectErrorPage(await answer(), 403)
    await answerCorrectly()
  })

  test.each([
    ['no origin', undefined],
    ['the origin null, as the referrer policy causes', 'null'],
    ['its own origin', 'SELF'],
  ])('C-28 a browser that omits the site of the form may send %s', async (_name, origin) => {
    const allowed = await browser.open(`${host.origin}/consent`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(origin === undefined ? {} : { origin: origin === 'SELF' ? host.origin : origin }),
      },
      body: new URLSearchParams({ transaction: transactionOf(page), decision: 'allow' }),
    })
    expectCode(allowed, redirected())
  })

  test('C-28 an origin of null does not replace the cookie', async () => {
    const answer = postForm(
      `${host.origin}/consent`,
      { transaction: transactionOf(page), decision: 'allow' },
      { origin: 'null', cookie: 'user=alice' },
    )
    await expectErrorPage(await answer, 403)
    await answerCorrectly()
  })

  test.each([
    ['without a transaction', { transaction: undefined }, 400],
    ['with an unknown transaction', { transaction: 'x'.repeat(43) }, 400],
    ['without a decision', { decision: undefined }, 400],
    ['with another decision', { decision: 'maybe' }, 400],
    ['with two decisions', { decision: ['deny', 'allow'] }, 400],
  ])('C-28 C-40 an answer %s does not count', async (_name, changes, status) => {
    const form = { transaction: transactionOf(page), decision: 'allow', ...changes }
    const body = new URLSearchParams()
    for (const [name, value] of Object.entries(form)) {
      for (const one of value === undefined ? [] : [value].flat()) body.append(name, one as string)
    }
    const answer = await browser.open(`${host.origin}/consent`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
      body: body.toString(),
    })
    await expectErrorPage(answer, status)
    await answerCorrectly()
  })

  test('C-40 form fields beyond the answer change nothing', async () => {
    const answer = await browser.open(`${host.origin}/consent?redirect_uri=https://evil.example&scope=x`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams({
        transaction: transactionOf(page),
        decision: 'allow',
        redirect_uri: 'https://evil.example',
        scope: 'notes:write',
        client_id: 'nobody',
        subject: 'root',
        state: 'other',
      }),
    })
    const code = expectCode(answer, redirected())
    const tokens = await postForm(`${host.origin}/token`, codeForm(client, code))
    expect(await tokens.json()).toMatchObject({ scope: 'notes:read' })
  })

  test('C-28 a page accepts one answer', async () => {
    const code = await answerCorrectly()
    const again = await browser.answer(host.origin, page, 'allow')
    await expectErrorPage(again, 400)
    await expectErrorPage(await browser.answer(host.origin, page, 'deny'), 400)
    expect((await postForm(`${host.origin}/token`, codeForm(client, code))).status).toBe(200)
  })

  test('C-28 a page accepts an answer only in time', async () => {
    now.advance(599)
    await answerCorrectly()
    page = await (await browser.open(authorizationUrl(host.origin, client))).text()
    now.advance(600)
    await expectErrorPage(await browser.answer(host.origin, page, 'allow'), 400)
  })

  test('C-28 two pages in one browser do not affect each other', async () => {
    const other = await (await browser.open(authorizationUrl(host.origin, client, { state: 'other' }))).text()
    expectCode(await browser.answer(host.origin, other, 'allow'), { ...redirected(), state: 'other' })
    await answerCorrectly()
  })

  test('a user who signed in later cannot answer the page of the previous user', async () => {
    browser.cookies.set('user', 'bob')
    const refused = await expectErrorPage(await browser.answer(host.origin, page, 'allow'), 403)
    expect(refused).toContain('Another user')
    browser.cookies.set('user', 'alice')
    await answerCorrectly()
  })

  test('a user who signed out is sent to sign in and can continue', async () => {
    browser.cookies.delete('user')
    const sent = await browser.answer(host.origin, page, 'allow')
    expect(sent.status).toBe(303)
    const login = new URL(sent.headers.get('location') ?? '')
    expect(login.pathname).toBe('/login')

    browser.cookies.set('user', 'alice')
    const again = await browser.open(login.searchParams.get('next') ?? '')
    expectCode(await browser.answer(host.origin, await again.text(), 'allow'), redirected())
  })

  test('C-26 L-11 the page forbids framing, scripts and caching', async () => {
    const shown = await browser.open(authorizationUrl(host.origin, client))
    expectSafePage(shown)
    const cookies = shown.headers.getSetCookie()
    expect(cookies).toHaveLength(1)
    expect(cookies[0]).toMatch(/^tollgate-browser=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/)
  })

  test('GET at the consent endpoint is refused', async () => {
    const refused = await browser.open(`${host.origin}/consent?transaction=${transactionOf(page)}`)
    expect(refused.status).toBe(405)
    expect(refused.headers.get('allow')).toBe('POST')
  })
})

describe('the consent page', () => {
  let host: RunningHost
  beforeAll(async () => {
    host = await anyHost.start(
      notesApp({
        allowedRedirectUris: ['cursor://auth/cb', 'cursor://google.com/cb'],
        scopeDescriptions: { 'notes:write': 'change <all> notes' },
      }),
    )
  })
  afterAll(() => host.close())

  async function show(metadata: Record<string, unknown>, changes: Record<string, string> = {}) {
    const client = await register(host.origin, metadata)
    const response = await new Browser('alice').open(authorizationUrl(host.origin, client, changes))
    return { policy: response.headers.get('content-security-policy') ?? '', page: await response.text() }
  }

  test.each([
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "'--><svg/onload=alert(1)>",
    '</title></style><script>alert(1)</script>',
    '{{7*7}} `a`',
    '&lt;script&gt;',
  ])('C-29 a client called %s is shown under that name, which does nothing', async (name) => {
    const { page } = await show({ client_name: name })
    const escaped = name.replaceAll(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`)
    // Once in the title, once in the heading.
    expect(page.split(escaped)).toHaveLength(3)
    expect(page.replaceAll(escaped, '')).not.toMatch(/alert\(1\)|<script|<img|<svg|\son\w+=/i)
  })

  test('C-29 the page shows no other client metadata', async () => {
    const { page } = await show({
      client_uri: 'https://client.example/"><script>',
      logo_uri: 'https://client.example/logo.png',
      tos_uri: 'https://client.example/tos',
      policy_uri: 'https://client.example/policy',
      contacts: ['mailto:a@client.example'],
    })
    expect(page).not.toMatch(/client\.example|<a\s|<img/)
  })

  test('C-30 the page shows who asks, the redirect host and the scopes', async () => {
    const { page } = await show(
      { client_name: 'Note taker', redirect_uris: ['https://client.example:8443/cb'] },
      { scope: 'notes:read notes:write' },
    )
    expect(page).toContain('<bdi>Note taker</bdi> wants to use Notes &#38; more for you')
    expect(page).toContain('<dd>client.example:8443</dd>')
    expect(page).toContain('<li>notes:read</li>')
    expect(page).toContain('<li>change &#60;all&#62; notes</li>')
    expect(page).toContain(`<dd>${host.origin}/mcp</dd>`)
    expect(page).not.toContain('program on your own computer')
  })

  test('C-30 C-31 the page announces a program on the user’s computer as such', async () => {
    const { page } = await show({ client_name: 'Bank', redirect_uris: ['http://localhost:4711/cb'] })
    expect(page).toContain('<dd>localhost:4711</dd>')
    expect(page).toContain('<strong>Caution:</strong> This is a program on your own computer.')
  })

  test('C-30 the page names a private-use scheme', async () => {
    const { page } = await show({ redirect_uris: ['cursor://google.com/cb'] })
    expect(page).toContain('<dd>the application that opens cursor: links</dd>')
  })

  test('C-30 a client without a name is shown without one', async () => {
    const { page } = await show({ client_name: undefined })
    expect(page).toContain('<bdi>An application without a name</bdi> wants to use')
  })

  test.each(['https://client.example/cb', 'http://127.0.0.1:7777/cb', 'cursor://auth/cb'])(
    'C-27 the policy does not limit where the client of %s redirects the browser',
    async (uri) => {
      const { policy } = await show({ redirect_uris: [uri] })
      expect(policy).toMatch(
        /^default-src 'none'; style-src 'nonce-[\w-]+'; frame-ancestors 'none'; base-uri 'none'$/,
      )
    },
  )

  test.each([
    ['https://client.example/cb', null],
    ['http://127.0.0.1:7777/cb', null],
    ['cursor://auth/cb', 'same-origin'],
  ])('C-46 for the redirect URI %s, the opener policy is %s', async (uri, policy) => {
    const client = await register(host.origin, { redirect_uris: [uri] })
    const { headers } = await new Browser('alice').open(authorizationUrl(host.origin, client))
    expect(headers.get('cross-origin-opener-policy')).toBe(policy)
  })

  test('C-28 no link moves the focus to a button, so that a held key cannot press it', async () => {
    const { page } = await show({})
    expect(page).toContain('<button')
    expect(page).not.toMatch(/<[^>]*\s(?:id|autofocus|accesskey|tabindex)\b/)
  })

  test('C-26 O-08 the page has no script and loads nothing', async () => {
    const { page, policy } = await show({})
    expect(policy).toMatch(/^default-src 'none'; style-src 'nonce-[\w-]+'; frame-ancestors /)
    expect(policy).not.toMatch(/unsafe|script-src|\*/)
    expect(page).not.toMatch(/<script|\bsrc=|\bhref=|url\(|@import/i)
    const nonce = /style-src 'nonce-([\w-]+)'/.exec(policy)?.[1]
    expect(page).toContain(`<style nonce="${nonce}">`)
    const { policy: next } = await show({})
    expect(next).not.toContain(nonce)
  })
})

describe('the consent page of an https issuer', () => {
  test('L-22 the cookie has the __Host- prefix and Secure whatever the connection is', async () => {
    const host = await anyHost.start(() => notesApp({})('https://notes.example'))
    const client = await register(host.origin)
    const browser = new Browser('alice')
    const shown = await browser.open(authorizationUrl(host.origin, client))
    expect(shown.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-tollgate-browser=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/),
    ])
    const page = await shown.text()
    const redirected = { to: `${callback}?`, issuer: 'https://notes.example', status: 303 as const }

    // The cookie that anyone on the network could set does not count.
    const value = browser.cookies.get('__Host-tollgate-browser') as string
    const downgraded = new Browser('alice')
    downgraded.cookies.set('tollgate-browser', value)
    await expectErrorPage(await downgraded.answer(host.origin, page, 'allow'), 403)
    expectCode(await browser.answer(host.origin, page, 'allow'), redirected)
    await host.close()
  })
})

describe('changes between the page and the answer', () => {
  async function shownPage() {
    const events: AuthEvent[] = []
    const store = observedStore()
    const host = await anyHost.start(notesApp({ store: slowStore(store), events }))
    const client = await register(host.origin)
    const browser = new Browser('alice')
    const page = await (await browser.open(authorizationUrl(host.origin, client))).text()
    return { host, client, browser, page, events, store }
  }

  test('C-28 N-01 20 parallel answers count once', async () => {
    const { host, client, browser, page, events, store } = await shownPage()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => browser.answer(host.origin, page, 'allow')),
    )
    const allowed = answers.filter(({ status }) => status === 303)
    expect(allowed).toHaveLength(1)
    for (const refused of answers.filter(({ status }) => status !== 303)) await expectErrorPage(refused, 400)
    expect(events.filter(({ type }) => type === 'authorization.granted')).toHaveLength(1)
    expect(await store.count('code')).toBe(1)
    const redirected = { to: `${callback}?`, issuer: host.origin, status: 303 as const }
    const code = expectCode(allowed[0] as Response, redirected)
    expect((await postForm(`${host.origin}/token`, codeForm(client, code))).status).toBe(200)
    await host.close()
  })

  test('C-28 parallel answers to allow and to deny cannot both succeed', async () => {
    const { host, browser, page } = await shownPage()
    const answers = await Promise.all([
      browser.answer(host.origin, page, 'allow'),
      browser.answer(host.origin, page, 'deny'),
    ])
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 400])
    await host.close()
  })

  test('C-28 consent for one resource is not granted for its replacement', async () => {
    const store = memoryStore()
    const host = await anyHost.start(notesApp({ store }))
    const client = await register(host.origin)
    const browser = new Browser('alice')
    const page = await (await browser.open(authorizationUrl(host.origin, client))).text()
    // The operator moves the MCP endpoint while the user reads. The request named no resource, so it means the only
    // one.
    const moved = await anyHost.start(() => ({
      provider: notesProvider(host.origin, { store }),
      mount: { mcpPath: '/other' },
    }))
    await expectErrorPage(await browser.answer(moved.origin, page, 'allow'), 403)
    const redirected = { to: `${callback}?`, issuer: host.origin, status: 303 as const }
    expectCode(await browser.answer(host.origin, page, 'allow'), redirected)
    await Promise.all([host.close(), moved.close()])
  })

  test('C-40 D-41 a client removed before the answer gets nothing', async () => {
    const store = memoryStore()
    let clientKey = ''
    const host = await anyHost.start(
      notesApp({
        store: {
          ...store,
          set: (key, ...rest) => {
            if (key.startsWith('client:')) clientKey = key
            return store.set(key, ...rest)
          },
        },
      }),
    )
    const client = await register(host.origin)
    const browser = new Browser('alice')
    const page = await (await browser.open(authorizationUrl(host.origin, client))).text()
    const record = await store.take(clientKey)
    await expectErrorPage(await browser.answer(host.origin, page, 'allow'), 400)
    await expectErrorPage(await browser.answer(host.origin, page, 'deny'), 400)

    await store.set(clientKey, record as string, 60)
    expectCode(await browser.answer(host.origin, page, 'allow'), {
      to: `${callback}?`,
      issuer: host.origin,
      status: 303,
    })
    await host.close()
  })

  test.each<[string, () => SignInAnswer, string]>([
    ['denies', () => ({ denied: true }), 'access_denied'],
    [
      'fails',
      () => {
        throw new Error('secret detail')
      },
      'server_error',
    ],
  ])('C-32 C-34 an application that %s before the answer takes effect', async (_name, answer, error) => {
    let current: () => SignInAnswer = () => ({ subject: 'alice' })
    const host = await anyHost.start(notesApp({ signIn: () => current() }))
    const client = await register(host.origin)
    const browser = new Browser()
    const page = await (await browser.open(authorizationUrl(host.origin, client))).text()
    current = answer
    const redirected = { to: `${callback}?`, issuer: host.origin, status: 303 as const }
    expectErrorRedirect(await browser.answer(host.origin, page, 'allow'), error, redirected)
    await host.close()
  })
})
