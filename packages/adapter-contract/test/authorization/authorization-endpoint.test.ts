import { memoryStore, OAuthError, type PendingAuthorization, type SignInAnswer } from '@tollgate/auth-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  expectCode,
  expectErrorLink,
  expectErrorPage,
  expectErrorRedirect,
  expectOAuthError,
  expectRedirect,
  expectSafePage,
} from '../harness/expectations.js'
import { anyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp, notesProvider } from '../harness/notes-app.js'
import {
  authorizationUrl,
  authorizeInBrowser,
  Browser,
  callback,
  challenge,
  codeForm,
  newCode,
  postForm,
  type RegisteredClient,
  register,
  transactionOf,
} from '../harness/oauth-driver.js'

type Changes = Record<string, string | readonly string[] | undefined>

/** Requests with an untrusted client or redirect URI. */
const untrusted: [string, Changes][] = [
  ['an unknown client', { client_id: 'nobody' }],
  ['no client', { client_id: undefined }],
  ['an empty client', { client_id: '' }],
  ['two clients', { client_id: ['nobody', 'somebody'] }],
  ['another redirect URI', { redirect_uri: 'https://evil.example/callback' }],
  ['no redirect URI, with a loopback one registered', { redirect_uri: undefined }],
  ['two redirect URIs', { redirect_uri: [callback, 'https://evil.example/callback'] }],
  ['the same redirect URI twice', { redirect_uri: [callback, callback] }],
  ['an invalid redirect URI', { redirect_uri: 'evil' }],
]

/** Other invalid requests, and the error that the client receives. */
const mistakes: [string, Changes, string][] = [
  ['no response type', { response_type: undefined }, 'invalid_request'],
  ['a token as response', { response_type: 'token' }, 'unsupported_response_type'],
  ['a hybrid response', { response_type: 'code id_token' }, 'unsupported_response_type'],
  ['no challenge', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
  ['no challenge but a method', { code_challenge: undefined }, 'invalid_request'],
  ['no challenge method', { code_challenge_method: undefined }, 'invalid_request'],
  ['a plain challenge', { code_challenge_method: 'plain' }, 'invalid_request'],
  ['a method in lower case', { code_challenge_method: 's256' }, 'invalid_request'],
  ['a challenge of 42 characters', { code_challenge: challenge.slice(1) }, 'invalid_request'],
  ['a challenge of 44 characters', { code_challenge: `${challenge}a` }, 'invalid_request'],
  ['a challenge with padding', { code_challenge: `${challenge.slice(1)}=` }, 'invalid_request'],
  ['a scope with a quote', { scope: 'notes:read "' }, 'invalid_scope'],
  ['a scope with a line break', { scope: 'notes:read\nnotes:write' }, 'invalid_scope'],
  ['a resource with a fragment', { resource: 'https://rs.example/mcp#top' }, 'invalid_target'],
  ['a relative resource', { resource: '/mcp' }, 'invalid_target'],
  ['an unknown resource', { resource: 'https://rs.example/mcp' }, 'invalid_target'],
  ['a request object', { request: 'eyJhbGciOiJub25lIn0.e30.' }, 'request_not_supported'],
  ['a request by URI', { request_uri: 'https://evil.example/request' }, 'request_uri_not_supported'],
  ['a response in the fragment', { response_mode: 'fragment' }, 'invalid_request'],
  ['a response in a form', { response_mode: 'form_post' }, 'invalid_request'],
  ['a response mode in upper case', { response_mode: 'QUERY' }, 'invalid_request'],
  ['a state of more than 4096 characters', { state: 'x'.repeat(4097) }, 'invalid_request'],
]

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  let client: RegisteredClient
  let answer: (authorization: PendingAuthorization) => unknown
  let asked: { request: Request; authorization: PendingAuthorization; native: unknown }[] = []
  const ask = (changes: Changes = {}, browser = new Browser('alice')) =>
    browser.open(authorizationUrl(host.origin, client, changes))
  const toCallback = () => ({ to: `${callback}?`, issuer: host.origin })

  beforeAll(async () => {
    host = await start(
      notesApp({
        signIn: (request, authorization, native) => {
          asked.push({ request, authorization, native })
          if (answer !== undefined) return answer(authorization) as SignInAnswer
          return { subject: 'alice' }
        },
      }),
    )
    client = await register(host.origin)
  })
  afterAll(() => host.close())

  function signInAnswers(what: typeof answer): void {
    answer = what
    asked = []
  }

  test('C-01 a valid request by GET or POST shows the consent page', async () => {
    signInAnswers(() => ({ subject: 'alice' }))
    const page = await ask()
    expect(page.status).toBe(200)
    expectSafePage(page)
    expect(transactionOf(await page.text())).toMatch(/^[\w-]{43}$/)

    const [url, query = ''] = authorizationUrl(host.origin, client).split('?')
    const posted = await postForm(url as string, query)
    expect(posted.status).toBe(200)
    expectSafePage(posted)
    expect(transactionOf(await posted.text())).toMatch(/^[\w-]{43}$/)
  })

  test.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'])(
    'C-01 C-35 an authorization request by %s is refused',
    async (method) => {
      const refused = await fetch(authorizationUrl(host.origin, client), {
        method,
        headers: { origin: 'https://evil.example' },
      })
      expect(refused.status).toBe(405)
      expect(refused.headers.get('allow')).toBe('GET, POST')
      expect(refused.headers.get('access-control-allow-origin')).toBeNull()
    },
  )

  test.each(untrusted)(
    'C-02 C-39 a request with %s shows an error page and never redirects',
    async (_name, changes) => {
      signInAnswers(() => ({ subject: 'alice' }))
      const url = authorizationUrl(host.origin, client, changes)
      await expectErrorPage(await new Browser('alice').open(url), 400)
      const [endpoint, query = ''] = url.split('?')
      await expectErrorPage(await postForm(endpoint as string, query), 400)

      // Further mistakes do not change the response.
      const wrong = { ...changes, response_type: 'token', code_challenge: undefined, scope: '"' }
      await expectErrorPage(await new Browser().open(authorizationUrl(host.origin, client, wrong)), 400)
      expect(asked).toEqual([])
    },
  )

  test('C-02 a client that accepts JSON reads the error as JSON', async () => {
    const url = authorizationUrl(host.origin, client, { client_id: 'nobody' })
    await expectOAuthError(
      await fetch(url, { headers: { accept: 'application/json' } }),
      400,
      'invalid_client',
    )
  })

  test('C-43 the supported response mode can be requested', async () => {
    const client = await register(host.origin)
    const redirect = await authorizeInBrowser(host.origin, client, { response_mode: 'query' })
    expect(redirect.searchParams.get('code')).not.toBeNull()
    expect(redirect.hash).toBe('')
  })

  test('C-11 C-12 empty and unknown parameters are ignored', async () => {
    signInAnswers(() => ({ subject: 'alice' }))
    const changes = {
      scope: '',
      state: '',
      resource: '',
      prompt: 'consent',
      nonce: 'n',
      login_hint: '\u0000',
    }
    expect((await ask(changes)).status).toBe(200)
    expect(asked[0]?.authorization).toMatchObject({
      scopes: ['notes:read'],
      resources: [`${host.origin}/mcp`],
    })
    const location = await authorizeInBrowser(host.origin, client, changes)
    expect(location.searchParams.has('state')).toBe(false)
  })

  test.each([
    ['with reserved characters', 'a b+c&code=x&iss=y#z?="\'<>\\'],
    ['that looks encoded', 'a%20b%2Bc%'],
    ['outside of ASCII', '€🎉\u0301\u202e'],
    ['with control characters', 'a\r\nSet-Cookie: a=b\u0000'],
    ['of 4096 characters', 'x'.repeat(4096)],
  ])('C-13 C-38 a state %s comes back unchanged after success and error', async (_name, state) => {
    signInAnswers(() => ({ subject: 'alice', consentGiven: true }))
    expectCode(await ask({ state }), { ...toCallback(), state })
    expectErrorRedirect(await ask({ state, scope: '"' }), 'invalid_scope', { ...toCallback(), state })
    signInAnswers(() => ({ subject: 'alice' }))
    const allowed = await authorizeInBrowser(host.origin, client, { state })
    expect(allowed.searchParams.get('state')).toBe(state)
  })

  test('C-13 a request without a state gets no state back', async () => {
    signInAnswers(() => ({ subject: 'alice', consentGiven: true }))
    expectCode(await ask({ state: undefined }), { ...toCallback(), state: null })
    expectErrorRedirect(await ask({ state: undefined, scope: '"' }), 'invalid_scope', {
      ...toCallback(),
      state: null,
    })
  })

  test('C-14 C-15 C-16 the response is appended to the query of the redirect URI', async () => {
    signInAnswers(() => ({ subject: 'alice', consentGiven: true }))
    const uri = "https://client.example/cb?tenant=a%20b+c&x=%2f%7E&y'"
    const tenant = await register(host.origin, { redirect_uris: [uri] })
    const url = authorizationUrl(host.origin, tenant)
    expectCode(await new Browser('alice').open(url), { to: `${uri}&`, issuer: host.origin })
    const wrong = authorizationUrl(host.origin, tenant, { response_type: 'token' })
    await expectErrorLink(await new Browser('alice').open(wrong), 400, 'unsupported_response_type', {
      to: `${uri}&`,
      issuer: host.origin,
    })
    const local = await register(host.origin, { redirect_uris: ["http://localhost:1/cb?x=%2f%7E&y'"] })
    const wrongToo = authorizationUrl(host.origin, local, { response_type: 'token' })
    expectErrorRedirect(await new Browser('alice').open(wrongToo), 'unsupported_response_type', {
      to: "http://localhost:1/cb?x=%2f%7E&y'&",
      issuer: host.origin,
    })
  })

  test('C-25 a redirect uses 302 after GET and 303 after POST', async () => {
    signInAnswers(() => ({ subject: 'alice', consentGiven: true }))
    const [endpoint, query = ''] = authorizationUrl(host.origin, client).split('?')
    expectCode(await ask(), toCallback())
    expectCode(await postForm(endpoint as string, query), { ...toCallback(), status: 303 })
    const wrong = query.replace('response_type=code', 'response_type=token')
    expectErrorRedirect(await postForm(endpoint as string, wrong), 'unsupported_response_type', {
      ...toCallback(),
      status: 303,
    })
  })

  test('C-35 other origins cannot read pages and redirects', async () => {
    signInAnswers(() => ({ subject: 'alice' }))
    const headers = { origin: 'https://evil.example' }
    const answers = [
      await new Browser('alice').open(authorizationUrl(host.origin, client), { headers }),
      await new Browser('alice').open(authorizationUrl(host.origin, client, { scope: '"' }), { headers }),
      await new Browser('alice').open(authorizationUrl(host.origin, client, { client_id: 'x' }), { headers }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 302, 400])
    for (const { headers } of answers) {
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })

  test('the sign-in hook receives the request, the authorization and the framework’s objects', async () => {
    signInAnswers(() => ({ subject: 'alice' }))
    const url = authorizationUrl(host.origin, client, { scope: 'notes:write admin' })
    await new Browser('alice').open(url, { headers: { 'x-app': 'yes' } })
    expect(asked).toHaveLength(1)
    const [{ request, authorization, native }] = asked as [(typeof asked)[0]]
    expect(request).toMatchObject({ method: 'GET', url })
    expect(request.headers.get('x-app')).toBe('yes')
    expect(request.headers.get('cookie')).toContain('user=alice')
    expect(native).toBeTypeOf('object')
    expect(authorization).toMatchObject({
      redirectUri: callback,
      scopes: ['notes:write'],
      resources: [`${host.origin}/mcp`],
    })
    expect(authorization.client.client_id).toBe(client.client_id)
  })

  test('a user who is not signed in is sent to sign in and resumes at resumeUrl', async () => {
    const browser = new Browser()
    signInAnswers(({ resumeUrl }) =>
      browser.cookies.has('user')
        ? { subject: 'alice' }
        : { redirect: `/login?next=${encodeURIComponent(resumeUrl)}` },
    )
    const state = 'a b+c%20&=€'
    const sent = await ask({ state, scope: 'notes:write', resource: `${host.origin}/mcp` }, browser)
    expect(sent.status).toBe(302)
    expect(sent.headers.get('cache-control')).toBe('no-store')
    const login = new URL(sent.headers.get('location') ?? '')
    expect(login.href.startsWith(`${host.origin}/login?next=`)).toBe(true)

    browser.cookies.set('user', 'alice')
    const page = await browser.open(login.searchParams.get('next') ?? '')
    expect(page.status).toBe(200)
    const allowed = await browser.answer(host.origin, await page.text(), 'allow')
    const code = expectCode(allowed, { ...toCallback(), state, status: 303 })
    const tokens = await postForm(`${host.origin}/token`, codeForm(client, code))
    expect(await tokens.json()).toMatchObject({ scope: 'notes:write' })
  })

  test('C-32 the client receives a denial by the application', async () => {
    signInAnswers(() => ({ denied: true }))
    expectErrorRedirect(await ask(), 'access_denied', toCallback())
    signInAnswers(() => ({ subject: 'alice', denied: true }))
    expectErrorRedirect(await ask(), 'access_denied', toCallback())
  })

  test.each<[string, () => Response | Promise<Response>]>([
    ['made by the application', () => new Response('<h1>Sign in</h1>', { status: 401 })],
    ['fetched from elsewhere', () => fetch('data:text/html,<h1>Sign in</h1>')],
  ])('a custom page, %s, is sent unchanged', async (_name, page) => {
    signInAnswers(page)
    const shown = await ask()
    expect([200, 401]).toContain(shown.status)
    expect(await shown.text()).toBe('<h1>Sign in</h1>')
  })

  test('a custom page keeps its headers and all of its cookies', async () => {
    const headers = new Headers({ 'content-type': 'text/html', 'x-login': 'yes' })
    headers.append('set-cookie', 'a=1; Path=/')
    headers.append('set-cookie', 'b=2; Path=/')
    signInAnswers(() => new Response('Sign in', { headers }))
    const shown = await ask()
    expect(shown.headers.get('x-login')).toBe('yes')
    expect(shown.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2; Path=/'])
  })

  test('C-26 a custom page cannot be framed or cached unless it says otherwise', async () => {
    signInAnswers(() => new Response('Sign in'))
    const { headers } = await ask()
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('content-security-policy')).toBe("frame-ancestors 'none'")
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('referrer-policy')).toBe('no-referrer')

    const own = { 'cache-control': 'private', 'content-security-policy': "default-src 'self'" }
    signInAnswers(() => new Response('Sign in', { headers: own }))
    const decided = await ask()
    for (const [name, value] of Object.entries(own)) expect(decided.headers.get(name)).toBe(value)
  })

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('secret detail')
      },
    ],
    ['rejects', () => Promise.reject(new Error('secret detail'))],
    ['returns nothing', () => undefined],
    ['returns null', () => null],
    ['returns a name', () => 'alice'],
    ['returns an empty object', () => ({})],
    ['returns an undefined subject', () => ({ subject: undefined, redirect: '/login' })],
    ['returns an empty subject', () => ({ subject: '' })],
    ['returns a number as subject', () => ({ subject: 7 })],
    ['returns claims that are not an object', () => ({ subject: 'alice', claims: 'admin' })],
    ['returns claims that are not JSON', () => ({ subject: 'alice', claims: { n: 1n }, consentGiven: true })],
    [
      'returns claims with characters forbidden in headers',
      () => ({ subject: 'alice', claims: { all: 'x'.repeat(5000) } }),
    ],
    ['returns a subject with characters forbidden in headers', () => ({ subject: 'x'.repeat(300) })],
    [
      'throws an error that no authorization response may carry',
      () => {
        throw new OAuthError('invalid_token', 'the session has ended')
      },
    ],
    ['returns a redirect to nowhere', () => ({ redirect: 'http://[' })],
    ['returns a denial that is not true', () => ({ denied: 'no' })],
    ['returns a failed response', () => Response.error()],
    [
      'returns a consumed response',
      async () => {
        const page = new Response('Sign in')
        await page.text()
        return page
      },
    ],
  ])('C-34 a sign-in hook that %s causes a server_error without details', async (_name, what) => {
    signInAnswers(what)
    const failed = await ask()
    expectErrorRedirect(failed, 'server_error', toCallback())
    expect(failed.headers.get('location')).not.toMatch(/secret|detail/)
  })

  test('C-32 C-34 a sign-in hook can refuse with an OAuth error for the client', async () => {
    signInAnswers(() => {
      throw new OAuthError('temporarily_unavailable', 'The directory is closed for the night.')
    })
    expectErrorRedirect(await ask(), 'temporarily_unavailable', toCallback())
  })

  test('the application can ask for consent itself', async () => {
    signInAnswers(() => ({ subject: 'alice', consentGiven: true }))
    const code = expectCode(await ask(), toCallback())
    expect((await postForm(`${host.origin}/token`, codeForm(client, code))).status).toBe(200)

    // Only `true` counts as the word of the application.
    signInAnswers(() => ({ subject: 'alice', consentGiven: 'yes' }))
    expect((await ask()).status).toBe(200)
  })

  test('C-33 the server does not remember an earlier consent', async () => {
    signInAnswers(() => ({ subject: 'alice' }))
    const browser = new Browser('alice')
    await authorizeInBrowser(host.origin, client, {}, browser)
    for (const changes of [{}, { prompt: 'consent' }, { prompt: 'none' }]) {
      const again = await ask(changes, browser)
      expect([again.status, again.headers.get('location')]).toEqual([200, null])
    }
  })

  test('C-38 a query longer than 16 KiB is refused without a redirect', async () => {
    const [endpoint, query = ''] = authorizationUrl(host.origin, client).split('?')
    await expectErrorPage(
      await postForm(endpoint as string, `${query}&padding=${'x'.repeat(16 * 1024)}`),
      400,
    )
    // The HTTP server may refuse it first if it is in the URL.
    const long = await ask({ state: 'x'.repeat(1024 * 1024) }).catch(() => undefined)
    expect([undefined, 400, 414, 431]).toContain(long?.status)
    expect(long?.headers.get('location') ?? null).toBeNull()
  })
})

describe('errors of a known client', () => {
  let host: RunningHost
  let client: RegisteredClient
  let website: RegisteredClient
  let asked = 0
  const ask = (changes: Changes) => new Browser().open(authorizationUrl(host.origin, client, changes))
  const toCallback = () => ({ to: `${callback}?`, issuer: host.origin })
  beforeAll(async () => {
    const signIn = () => {
      asked += 1
      return { subject: 'alice' }
    }
    host = await anyHost.start(notesApp({ signIn }))
    client = await register(host.origin)
    website = await register(host.origin, { redirect_uris: ['https://client.example/cb'] })
  })
  afterAll(() => host.close())

  test.each(mistakes)(
    'C-06 C-07 C-08 C-09 C-14 C-17 C-19 C-37 C-41 C-43 for a website client, %s leads to an error page with a link',
    async (_name, changes, error) => {
      asked = 0
      const state = typeof changes['state'] === 'string' ? { state: changes['state'] } : {}
      const answer = await new Browser('alice').open(authorizationUrl(host.origin, website, changes))
      await expectErrorLink(answer, 400, error, {
        to: 'https://client.example/cb?',
        issuer: host.origin,
        ...state,
      })
      expect(asked).toBe(0)
    },
  )

  test.each(mistakes)(
    'C-06 C-07 C-08 C-09 C-14 C-17 C-19 C-37 C-43 for a native client, %s is an error by redirect',
    async (_name, changes, error) => {
      asked = 0
      const state = typeof changes['state'] === 'string' ? { state: changes['state'] } : {}
      expectErrorRedirect(await ask(changes), error, { ...toCallback(), ...state })
      // No user is asked to sign in for a request that cannot be granted.
      expect(asked).toBe(0)
    },
  )

  test.each([
    ['response_type', { response_type: ['code', 'code'] }, undefined],
    ['state', { state: ['a', 'b'] }, null],
    ['scope', { scope: ['notes:read', 'notes:write'] }, undefined],
    ['code_challenge', { code_challenge: [challenge, challenge] }, undefined],
    ['code_challenge_method', { code_challenge_method: ['S256', 'plain'] }, undefined],
    ['an unknown parameter', { nonce: ['a', 'b'] }, undefined],
  ] as const)('C-10 repeating %s is an error', async (_name, changes, state) => {
    expectErrorRedirect(await ask(changes), 'invalid_request', {
      ...toCallback(),
      ...(state === undefined ? {} : { state }),
    })
  })
})

test('C-01 C-10 a parameter repeated in a form is an error, as in a query', async () => {
  const host = await anyHost.start(notesApp())
  const client = await register(host.origin)
  const [url = '', query = ''] = authorizationUrl(host.origin, client, {
    scope: ['notes:read', 'notes:write'],
  }).split('?')
  expectErrorRedirect(await postForm(url, query), 'invalid_request', {
    to: `${callback}?`,
    issuer: host.origin,
    status: 303,
  })
  await host.close()
})

describe('redirect URIs', () => {
  let host: RunningHost
  beforeAll(async () => {
    host = await anyHost.start(notesApp({ allowedRedirectUris: ['cursor://auth/cb'] }))
  })
  afterAll(() => host.close())

  test.each([
    ['the same', 'https://localhost/cb', 'https://localhost/cb'],
    ['another port of 127.0.0.1', 'http://127.0.0.1:1/cb', 'http://127.0.0.1:2/cb'],
    ['a port where none is registered', 'http://127.0.0.1/cb', 'http://127.0.0.1:65535/cb'],
    ['no port where one is registered', 'http://localhost:1/cb?x', 'http://localhost/cb?x'],
    ['another port of [::1]', 'http://[::1]:1/cb', 'http://[::1]:2/cb'],
  ])(
    'C-03 the redirect URI %s is accepted and receives the response',
    async (_name, registered, requested) => {
      const client = await register(host.origin, { redirect_uris: [registered] })
      const denied = authorizationUrl(host.origin, client, { redirect_uri: requested, scope: '"' })
      const answer = await new Browser('alice').open(denied)
      expectErrorRedirect(answer, 'invalid_scope', {
        to: `${requested}${requested.includes('?') ? '&' : '?'}`,
        issuer: host.origin,
      })
    },
  )

  test.each([
    ['a slash at the end', 'https://client.example/cb', 'https://client.example/cb/'],
    ['another scheme', 'https://client.example/cb', 'http://client.example/cb'],
    ['another port', 'https://client.example/cb', 'https://client.example:8443/cb'],
    ['the default port', 'https://client.example/cb', 'https://client.example:443/cb'],
    ['a path below', 'https://client.example/cb', 'https://client.example/cb/evil'],
    ['a path above', 'https://client.example/cb', 'https://client.example/cb/../evil'],
    ['an encoded path', 'https://client.example/cb', 'https://client.example/%63b'],
    ['a path in upper case', 'https://client.example/cb', 'https://client.example/CB'],
    ['a host in upper case', 'https://client.example/cb', 'https://CLIENT.example/cb'],
    ['a longer host', 'https://client.example/cb', 'https://client.example.evil.example/cb'],
    ['user information', 'https://client.example/cb', 'https://client.example@evil.example/cb'],
    ['a query', 'https://client.example/cb', 'https://client.example/cb?x'],
    ['an empty query', 'https://client.example/cb', 'https://client.example/cb?'],
    ['a fragment', 'https://client.example/cb', 'https://client.example/cb#x'],
    ['a space', 'https://client.example/cb', 'https://client.example/cb '],
    ['another path on loopback', 'http://127.0.0.1:1/cb', 'http://127.0.0.1:2/cb2'],
    ['another query on loopback', 'http://127.0.0.1:1/cb?a', 'http://127.0.0.1:2/cb?b'],
    ['a fragment on loopback', 'http://127.0.0.1:1/cb', 'http://127.0.0.1:2/cb#x'],
    ['another loopback host', 'http://127.0.0.1:1/cb', 'http://localhost:1/cb'],
    ['another loopback address', 'http://127.0.0.1:1/cb', 'http://127.0.0.2:1/cb'],
    ['https on loopback with another port', 'https://localhost:1/cb', 'https://localhost:2/cb'],
    ['user information on loopback', 'http://127.0.0.1:1/cb', 'http://127.0.0.1:2@evil.example/cb'],
    ['an invalid port', 'http://127.0.0.1:1/cb', 'http://127.0.0.1:99999/cb'],
    ['an empty port', 'http://127.0.0.1:1/cb', 'http://127.0.0.1:/cb'],
    ['a backslash', 'http://127.0.0.1:1/cb', 'http://127.0.0.1:2\\@evil.example/cb'],
    ['a host after the port', 'http://localhost/cb', 'http://localhost:1.evil.example/cb'],
    ['another private-use scheme', 'cursor://auth/cb', 'vscode://auth/cb'],
    ['another place of a private-use scheme', 'cursor://auth/cb', 'cursor://auth/cb/../../mcp/install'],
    ['a private-use URI in upper case', 'cursor://auth/cb', 'CURSOR://auth/cb'],
  ])(
    'C-02 C-03 C-04 a redirect URI with %s does not match the registered one',
    async (_name, registered, requested) => {
      const client = await register(host.origin, { redirect_uris: [registered] })
      const url = authorizationUrl(host.origin, client, { redirect_uri: requested })
      await expectErrorPage(await new Browser('alice').open(url), 400)
      expect((await new Browser('alice').open(authorizationUrl(host.origin, client))).status).toBe(200)
    },
  )

  test('C-05 the redirect URI can be omitted only when exactly one without a variable port is registered', async () => {
    const open = async (redirect_uris: string[]) => {
      const client = await register(host.origin, { redirect_uris })
      return new Browser('alice').open(
        authorizationUrl(host.origin, client, { redirect_uri: undefined, scope: '"' }),
      )
    }
    await expectErrorLink(await open(['https://client.example/cb']), 400, 'invalid_scope', {
      to: 'https://client.example/cb?',
      issuer: host.origin,
    })
    await expectErrorPage(await open(['https://client.example/cb', 'https://client.example/cb2']), 400)
    await expectErrorPage(await open(['http://localhost:7777/cb']), 400)
  })

  test('C-03 any of several registered redirect URIs is accepted', async () => {
    const redirect_uris = ['https://client.example/a', 'https://client.example/b']
    const client = await register(host.origin, { redirect_uris })
    for (const redirect_uri of redirect_uris) {
      const page = await new Browser('alice').open(authorizationUrl(host.origin, client, { redirect_uri }))
      expect(page.status).toBe(200)
    }
  })

  test('C-15 a trailing question mark of a redirect URI is kept and not doubled', async () => {
    const client = await register(host.origin, { redirect_uris: ['http://localhost/cb?'] })
    const url = authorizationUrl(host.origin, client, { scope: '"' })
    const answer = await new Browser('alice').open(url)
    expectRedirect(answer, { to: 'http://localhost/cb?error=', issuer: host.origin })
  })

  test('C-36 a client not registered for codes gets an error by redirect', async () => {
    const client = await register(host.origin, { grant_types: ['refresh_token'], response_types: [] })
    const answer = await new Browser('alice').open(authorizationUrl(host.origin, client))
    expectErrorRedirect(answer, 'unauthorized_client', { to: `${callback}?`, issuer: host.origin })
  })
})

describe('scopes and resources', () => {
  let host: RunningHost
  let several: RunningHost
  let asked: PendingAuthorization[] = []
  const signIn = (_request: Request, authorization: PendingAuthorization) => {
    asked.push(authorization)
    return { subject: 'alice', consentGiven: true }
  }
  beforeAll(async () => {
    host = await anyHost.start(notesApp({ signIn, defaultScopes: ['notes:read', 'notes:write'] }))
    several = await anyHost.start(notesApp({ signIn, resources: ['https://RS.example'] }))
  })
  afterAll(async () => {
    await host.close()
    await several.close()
  })

  async function ask(origin: string, changes: Changes, metadata = {}): Promise<Response> {
    asked = []
    const client = await register(origin, metadata)
    return new Browser().open(authorizationUrl(origin, client, changes))
  }

  test('C-17 the granted scopes are the known ones among those requested, without duplicates', async () => {
    await ask(host.origin, { scope: 'notes:write admin notes:write  notes:read' })
    expect(asked[0]?.scopes).toEqual(['notes:write', 'notes:read'])
  })

  test('C-11 C-17 a client that requests no scope gets the default scopes', async () => {
    await ask(host.origin, {})
    expect(asked[0]?.scopes).toEqual(['notes:read', 'notes:write'])
    await ask(host.origin, {}, { scope: 'notes:write' })
    expect(asked[0]?.scopes).toEqual(['notes:write'])
  })

  test('C-18 a client can request more scopes than it registered', async () => {
    await ask(host.origin, { scope: 'notes:read notes:write' }, { scope: 'notes:read' })
    expect(asked[0]?.scopes).toEqual(['notes:read', 'notes:write'])
  })

  test.each([
    ['the same', (origin: string) => `${origin}/mcp`],
    ['a scheme and host in upper case', (origin: string) => `${origin.toUpperCase()}/mcp`],
  ])('C-20 C-22 a resource in %s spelling equals the configured one', async (_name, spell) => {
    expectCode(await ask(host.origin, { resource: spell(host.origin) }), {
      to: `${callback}?`,
      issuer: host.origin,
    })
    expect(asked[0]?.resources).toEqual([`${host.origin}/mcp`])
  })

  test.each(['https://rs.example', 'https://RS.example/', 'HTTPS://rs.example:443/'])(
    'C-22 a resource with an origin alone matches with and without a slash: %s',
    async (resource) => {
      await ask(several.origin, { resource })
      expect(asked[0]?.resources).toEqual(['https://RS.example'])
    },
  )

  test.each([
    ['two slashes at the end', '/mcp//'],
    ['a path below', '/mcp/x'],
    ['another path', '/mcp2'],
    ['a query', '/mcp?x'],
    ['a fragment', '/mcp#x'],
    ['a path in upper case', '/MCP'],
    ['an encoded path', '/%6dcp'],
  ])('C-19 C-22 a resource with %s is a different resource', async (_name, path) => {
    expectErrorRedirect(await ask(host.origin, { resource: `${host.origin}${path}` }), 'invalid_target', {
      to: `${callback}?`,
      issuer: host.origin,
    })
  })

  test('C-20 several resources can be requested when all are known', async () => {
    const resource = ['https://rs.example/', `${several.origin}/mcp`, 'https://rs.example']
    await ask(several.origin, { resource })
    expect(asked[0]?.resources).toEqual(['https://RS.example', `${several.origin}/mcp`])
    const unknown = [`${several.origin}/mcp`, 'https://evil.example']
    expectErrorRedirect(await ask(several.origin, { resource: unknown }), 'invalid_target', {
      to: `${callback}?`,
      issuer: several.origin,
    })
  })

  test('C-21 an omitted resource means the only one, and is an error when there are several', async () => {
    expect((await ask(host.origin, {})).status).toBe(302)
    expect(asked[0]?.resources).toEqual([`${host.origin}/mcp`])
    expectErrorRedirect(await ask(several.origin, {}), 'invalid_target', {
      to: `${callback}?`,
      issuer: several.origin,
    })
  })

  test('C-23 every code is different', async () => {
    const client = await register(host.origin)
    const codes = await Promise.all(
      Array.from({ length: 8 }, async () =>
        expectCode(await new Browser().open(authorizationUrl(host.origin, client)), {
          to: `${callback}?`,
          issuer: host.origin,
        }),
      ),
    )
    expect(new Set(codes).size).toBe(8)
  })
})

describe('private-use schemes', () => {
  test('C-03 a response to a private-use scheme opens the application of that scheme', async () => {
    const host = await anyHost.start(notesApp({ allowedRedirectUris: ['cursor://auth/cb'] }))
    const client = await register(host.origin, { redirect_uris: ['cursor://auth/cb'] })
    expect(await newCode(host.origin, client)).toMatch(/^[\w-]{43}$/)
    await host.close()
  })

  test('F-09 C-02 no browser is sent to a private-use URI that the operator removed, named or omitted', async () => {
    const store = memoryStore()
    const host = await anyHost.start(notesApp({ store, allowedRedirectUris: ['cursor://auth/cb'] }))
    const client = await register(host.origin, { redirect_uris: ['cursor://auth/cb'] })
    const narrower = await anyHost.start(() => ({ provider: notesProvider(host.origin, { store }) }))
    for (const redirect_uri of ['cursor://auth/cb', undefined]) {
      const url = (origin: string) => authorizationUrl(origin, client, { redirect_uri })
      await expectErrorPage(await new Browser('alice').open(url(narrower.origin)), 400)
      expect((await new Browser('alice').open(url(host.origin))).status).toBe(200)
    }
    await Promise.all([host.close(), narrower.close()])
  })
})
