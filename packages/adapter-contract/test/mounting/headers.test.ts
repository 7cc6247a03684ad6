import { connect } from 'node:net'
import { memoryStore, type SignIn } from '@tollgate/auth-core'
import express5 from 'express'
import express4 from 'express4'
import type { FastifyRequest } from 'fastify'
import type { Context } from 'hono'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expressHost, fastifyHost, honoHost, hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp } from '../harness/notes-app.js'
import {
  authorizationUrl,
  authorizeInBrowser,
  Browser,
  codeForm,
  newCode,
  postForm,
  type RegisteredClient,
  refreshForm,
  register,
  type Tokens,
} from '../harness/oauth-driver.js'
import { sendRaw } from '../harness/raw-http.js'

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  let client: RegisteredClient

  beforeAll(async () => {
    host = await start(notesApp())
    client = await register(host.origin)
  })
  afterAll(() => host.close())

  /** Starts another host with a sign-in hook and opens its authorization page. */
  async function authorizeWith(signIn: SignIn): Promise<Response> {
    const other = await start(notesApp({ signIn }))
    try {
      return await new Browser().open(authorizationUrl(other.origin, await register(other.origin)))
    } finally {
      await other.close()
    }
  }

  test('L-15 a custom sign-in page arrives with all of its cookies and content', async () => {
    const answer = await authorizeWith(() => {
      const headers = new Headers({ 'content-type': 'text/html; charset=utf-8', 'x-own': 'yes' })
      headers.append('set-cookie', 'a=1; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT')
      headers.append('set-cookie', 'b=2; HttpOnly')
      return new Response('<h1>Gr\u{fc}ezi</h1>', { status: 418, headers })
    })
    expect(answer.status).toBe(418)
    expect(answer.headers.getSetCookie()).toEqual([
      'a=1; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT',
      'b=2; HttpOnly',
    ])
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(answer.headers.get('x-own')).toBe('yes')
    expect(await answer.text()).toBe('<h1>Gr\u{fc}ezi</h1>')
  })

  test('L-15 a sign-in hook can redirect with cookies and without a body', async () => {
    const headers = new Headers({ location: 'https://login.example/?next=a%20b' })
    headers.append('set-cookie', 'state=1')
    headers.append('set-cookie', 'nonce=2')
    const answer = await authorizeWith(() => new Response(null, { status: 302, headers }))
    expect(answer.status).toBe(302)
    expect(answer.headers.get('location')).toBe('https://login.example/?next=a%20b')
    expect(answer.headers.getSetCookie()).toEqual(['state=1', 'nonce=2'])
  })

  test.each(['/authorize', '/token', '/register', '/revoke', '/consent'])(
    'L-19 HEAD on %s is refused and does nothing',
    async (path) => {
      const answer = await sendRaw(host.origin + path, { method: 'HEAD' })
      expect(answer.status).toBe(405)
      expect(answer.body).toBe('')
    },
  )

  test('L-19 HEAD with a complete authorization request neither signs in nor grants', async () => {
    let asked = 0
    const other = await start(
      notesApp({
        signIn: () => {
          asked++
          return { subject: 'alice', consentGiven: true }
        },
      }),
    )
    const url = authorizationUrl(other.origin, await register(other.origin))
    const head = await sendRaw(url, { method: 'HEAD' })
    const askedByHead = asked
    const get = await sendRaw(url, { method: 'GET' })
    await other.close()
    expect([head.status, head.headers['location'], askedByHead]).toEqual([405, undefined, 0])
    expect([get.status, asked]).toEqual([302, 1])
  })

  test('L-08 no response with credentials and no error may be cached', async () => {
    const browser = new Browser('alice')
    const page = await browser.open(authorizationUrl(host.origin, client))
    const html = await page.clone().text()
    const allowed = await browser.answer(host.origin, html, 'allow')
    const code = new URL(allowed.headers.get('location') ?? '').searchParams.get('code') ?? ''
    const granted = await postForm(`${host.origin}/token`, codeForm(client, code))
    const { access_token, refresh_token } = (await granted.clone().json()) as Tokens
    const answers = [
      page,
      allowed,
      granted,
      await browser.answer(host.origin, html, 'allow'),
      await browser.open(`${host.origin}/authorize`),
      await postForm(`${host.origin}/token`, refreshForm(client, 'unknown')),
      await postForm(`${host.origin}/token`, refreshForm(client, refresh_token)),
      await fetch(`${host.origin}/token`),
      await postForm(`${host.origin}/introspect`, { token: access_token }),
      await postForm(`${host.origin}/revoke`, { token: access_token, client_id: client.client_id }),
      await fetch(`${host.origin}/register`, { method: 'POST' }),
    ]
    const statuses = [200, 303, 200, 400, 400, 401, 200, 405, 401, 200, 400]
    expect(answers.map(({ status }) => status)).toEqual(statuses)
    for (const { headers } of answers) expect(headers.get('cache-control')).toBe('no-store')
  })

  test('L-11 pages are HTML with a policy, documents are JSON, and all have nosniff', async () => {
    const page = await new Browser('alice').open(authorizationUrl(host.origin, client))
    const error = await new Browser('alice').open(`${host.origin}/authorize`)
    for (const { headers } of [page, error]) {
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
      expect(headers.get('content-security-policy')).toMatch(/default-src 'none'/)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
    }
    const refusal = await postForm(`${host.origin}/token`, 'grant_type=x')
    expect(refusal.headers.get('content-type')).toBe('application/json')
    expect(refusal.headers.get('x-content-type-options')).toBe('nosniff')
  })

  test('L-20 O-09 a store outage hides its cause, and the process continues', async () => {
    const unhandled: unknown[] = []
    const note = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', note)
    const store = memoryStore()
    const other = await start(notesApp({ store }))
    const registered = await register(other.origin)
    const code = await newCode(other.origin, registered)
    const broken = () => Promise.reject(new Error('EACCES /var/lib/secret.db'))
    Object.assign(store, {
      get: broken,
      set: broken,
      compareAndSwap: broken,
      delete: broken,
      take: broken,
      add: broken,
    })

    const answers = [
      await postForm(`${other.origin}/token`, codeForm(registered, code)),
      await fetch(`${other.origin}/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ redirect_uris: ['https://client.example/cb'] }),
      }),
      await new Browser('alice').open(authorizationUrl(other.origin, registered)),
    ]
    for (const answer of answers) {
      expect(answer.status).toBeGreaterThanOrEqual(500)
      expect(await answer.text()).not.toMatch(/EACCES|secret\.db|node_modules|\.ts:|\.js:| at /)
      expect(answer.headers.get('x-powered-by')).toBeNull()
    }
    expect((await fetch(`${other.origin}/.well-known/oauth-authorization-server`)).status).toBe(200)
    process.off('unhandledRejection', note)
    await other.close()
    expect(unhandled).toEqual([])
  })

  test('L-20 O-09 a throwing sign-in hook is reported to the client without its cause', async () => {
    const answer = await authorizeWith(() => {
      throw new Error('LDAP bind failed for cn=admin')
    })
    expect(answer.status).toBe(302)
    const location = new URL(answer.headers.get('location') ?? '')
    expect(location.searchParams.get('error')).toBe('server_error')
    expect(location.href).not.toMatch(/LDAP|admin/)
  })

  test('L-20 a client that disconnects during its request disturbs no other request', async () => {
    const unhandled: unknown[] = []
    const note = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', note)
    process.on('uncaughtException', note)
    const { port } = new URL(host.origin)
    for (const path of ['/token', '/register', '/consent', '/mcp']) {
      const socket = connect(Number(port), '127.0.0.1')
      socket.on('error', () => {})
      const type = path === '/register' ? 'application/json' : 'application/x-www-form-urlencoded'
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: 1000\r\n\r\n{"a`,
      )
      await new Promise((resolve) => setTimeout(resolve, 20))
      socket.destroy()
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
    const answer = await fetch(`${host.origin}/.well-known/oauth-authorization-server`)
    process.off('unhandledRejection', note)
    process.off('uncaughtException', note)
    expect(answer.status).toBe(200)
    expect(unhandled).toEqual([])
  })

  test('O-11 no URL that a browser is sent to contains a token', async () => {
    const location = await authorizeInBrowser(host.origin, client)
    expect(location.href).not.toMatch(/access_token|refresh_token|eyJ/)
    expect([...location.searchParams.keys()].sort()).toEqual(['code', 'iss', 'state'])
  })
})

describe.each(hosts)('$name behind a proxy with https', ({ start }) => {
  test('L-22 cookies are Secure when the issuer uses https, whatever the last hop uses', async () => {
    const host = await start(() => notesApp()('https://tollgate.test'))
    const client = await register(host.origin)
    const page = await new Browser('alice').open(authorizationUrl(host.origin, client))
    await host.close()
    expect(page.status).toBe(200)
    expect(page.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-tollgate-browser=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/),
    ])
  })
})

/** Applications with their own sessions: a cookie with each response, and a user on the framework's request. */
const withSessions = [
  ...[
    ['express 5', express5],
    ['express 4', express4],
  ].map(([name, express]) => ({
    host: expressHost(name as string, express as typeof express5, (app) => {
      app.use((request, response, next) => {
        response.cookie('app', 'session-1')
        Object.assign(request, { session: { user: 'carol' } })
        next()
      })
    }),
    userOf: (native: unknown) => (native as { session: { user: string } }).session.user,
  })),
  {
    host: fastifyHost('fastify', (app) => {
      app.decorateRequest('user', '')
      app.addHook('onRequest', async (request, reply) => {
        Object.assign(request, { user: 'carol' })
        reply.header('set-cookie', 'app=session-1; Path=/')
      })
    }),
    userOf: (native: unknown) => (native as FastifyRequest & { user: string }).user,
  },
  {
    host: honoHost('hono', (app) => {
      app.use(async (c, next) => {
        c.set('user' as never, 'carol' as never)
        c.header('set-cookie', 'app=session-1; Path=/', { append: true })
        await next()
      })
    }),
    userOf: (native: unknown) => (native as Context).get('user') as string,
  },
  {
    host: honoHost('hono, on the response', (app) => {
      app.use(async (c, next) => {
        c.set('user' as never, 'carol' as never)
        c.res.headers.append('set-cookie', 'app=session-1; Path=/')
        await next()
      })
    }),
    userOf: (native: unknown) => (native as Context).get('user') as string,
  },
]

describe.each(withSessions)('$host.name with sessions', ({ host: { start }, userOf }) => {
  let host: RunningHost
  let client: RegisteredClient

  beforeAll(async () => {
    host = await start(
      notesApp({ signIn: (_request, _authorization, native) => ({ subject: userOf(native) }) }),
    )
    client = await register(host.origin)
  })
  afterAll(() => host.close())

  test('L-15 the application’s cookie arrives beside the consent cookie', async () => {
    const page = await new Browser().open(authorizationUrl(host.origin, client))
    expect(page.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^app=session-1/),
      expect.stringMatching(/^tollgate-browser=/),
    ])
  })

  test('L-25 the sign-in hook receives the framework’s request at sign-in and at consent', async () => {
    const location = await authorizeInBrowser(host.origin, client, {}, new Browser())
    const code = location.searchParams.get('code') ?? ''
    const tokens = (await (await postForm(`${host.origin}/token`, codeForm(client, code))).json()) as Tokens
    const claims = JSON.parse(Buffer.from(tokens.access_token.split('.')[1] ?? '', 'base64url').toString())
    expect(claims.sub).toBe('carol')
  })
})
