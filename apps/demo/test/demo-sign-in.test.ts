import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ExampleServer, exampleNames, startExample } from '../src/example-server.js'
import { readForms } from '../src/html-form.js'
import { Session } from './session.js'

const formType = 'application/x-www-form-urlencoded'

const malformedForms: [what: string, type: string | undefined, body: string][] = [
  ['no body', undefined, ''],
  ['a body without a type', undefined, 'user=demo'],
  ['an unknown charset', `${formType}; charset=x-klingon`, 'user=demo'],
  ['a broken percent encoding', formType, 'user=%E0%A4%A&next=%'],
  ['a multipart body without a boundary', 'multipart/form-data', 'user=demo'],
  [
    'a multipart body that ends too early',
    'multipart/form-data; boundary=x',
    '--x\r\nContent-Disposition: form',
  ],
  ['JSON that is malformed', 'application/json', '{'],
  ['JSON with a user that is not a string', 'application/json', '{"user":{"name":"demo"},"next":[]}'],
  ['JSON that is null', 'application/json', 'null'],
]

describe.each(exampleNames)('the sign-in page of %s', (name) => {
  let server: ExampleServer
  let page: Response
  let html: string
  beforeAll(async () => {
    server = await startExample(name)
  })
  afterAll(() => server?.stop())
  beforeEach(async () => {
    const session = new Session(server)
    await session.expectSignInRequest(session.client.connect())
    page = await fetch(session.oauth.authorizationUrl)
    html = await page.text()
  })

  function signIn(fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
    const body = new URLSearchParams(fields)
    return fetch(new URL('/login', server.publicUrl), { method: 'POST', body, headers, redirect: 'manual' })
  }

  function resumeUrl(): string {
    return readForms(html)[0]?.fields.find(([field]) => field === 'next')?.[1] ?? ''
  }

  test('the sign-in page fills in the demo user and says that it is a demo', () => {
    expect(readForms(html)).toMatchObject([{ method: 'post', buttons: [{ label: 'Sign in' }] }])
    expect(readForms(html)[0]?.fields).toContainEqual(['user', 'demo'])
    expect(html).toContain('This is a demo')
  })

  test('C-26 L-11 the sign-in page forbids framing, caching and sniffing, and sends no referrer', () => {
    expect(Object.fromEntries(page.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
  })

  test('signing in resumes the authorization and sets a session cookie that scripts cannot read', async () => {
    const response = await signIn({ user: 'demo', next: resumeUrl() })

    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toBe(resumeUrl())
    expect(response.headers.get('set-cookie')).toMatch(
      /^demo_session=[\w-]{36}; Path=\/; HttpOnly; SameSite=Lax$/,
    )
  })

  test.each([
    'https://evil.example/authorize',
    '//evil.example/authorize',
    'javascript:alert(1)',
    '/authorize',
    '',
  ])('the sign-in page redirects to the authorization endpoint only, not to %j', async (next) => {
    const response = await signIn({ user: 'demo', next })

    expect(response.status).toBe(400)
    expect(response.headers.has('location')).toBe(false)
    expect(response.headers.has('set-cookie')).toBe(false)
  })

  test.each(['cross-site', 'same-site', 'none'])(
    'the sign-in page signs nobody in from a page of another site (%s)',
    async (site) => {
      const response = await signIn({ user: 'attacker', next: resumeUrl() }, { 'sec-fetch-site': site })

      expect(response.status).toBe(403)
      expect(response.headers.has('set-cookie')).toBe(false)
    },
  )

  test('L-20 the sign-in page responds 400 without details when a field is missing', async () => {
    expect((await signIn({ next: resumeUrl() })).status).toBe(400)
  })

  test.each(malformedForms)(
    'L-20 the sign-in page responds 400 without details to %s',
    async (_what, type, body) => {
      const url = new URL('/login', server.publicUrl)
      const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type }
      const response = await fetch(url, { method: 'POST', headers, body: new TextEncoder().encode(body) })

      expect(response.status).toBe(400)
      expect(response.headers.has('set-cookie')).toBe(false)
      expect(await response.text()).not.toMatch(/ at |node_modules|Error:/)
    },
  )

  test('C-29 the sign-in page shows no part of the request as markup', async () => {
    const session = new Session(server)
    await session.expectSignInRequest(session.client.connect())
    const url = session.oauth.authorizationUrl
    url.searchParams.set('state', '"><script>alert(1)</script>')

    expect(await (await fetch(url)).text()).not.toContain('<script>')
  })
})
