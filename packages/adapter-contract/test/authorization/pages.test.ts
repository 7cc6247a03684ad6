import { type AuthEvent, type ConsentRequest, html, memoryStore, raw } from '@tollgate/auth-core'
import { describe, expect, test } from 'vitest'
import { expectCode, expectErrorRedirect, expectSafePage } from '../harness/expectations.js'
import { anyHost, hosts } from '../harness/hosts.js'
import { type NotesAppOptions, notesApp } from '../harness/notes-app.js'
import {
  authorizationUrl,
  Browser,
  callback,
  codeForm,
  postForm,
  register,
  transactionOf,
} from '../harness/oauth-driver.js'

/** A custom page in another language with another order of fields. */
function ownConsentPage({ client, action, transaction, styleNonce, scopes }: ConsentRequest) {
  return html`<!doctype html>
<html lang="de"><head><title>Zugriff</title><style nonce="${styleNonce}">p { color: red }</style>
<link rel="stylesheet" href="/own.css"></head>
<body><p>${client.client_name}: ${scopes.map(({ name }) => name)}</p>
<form method="post" action="${action}"><button name="decision" value="allow">Ja</button>
<button name="decision" value="deny">Nein</button>
<input type="hidden" name="transaction" value="${transaction}"></form></body></html>`
}

async function during<T>(
  options: NotesAppOptions,
  check: (origin: string) => Promise<T>,
  { start } = anyHost,
): Promise<T> {
  const host = await start(notesApp(options))
  try {
    return await check(host.origin)
  } finally {
    await host.close()
  }
}

const redirected = (origin: string) => ({ to: `${callback}?`, issuer: origin, status: 303 as const })

describe.each(hosts)('$name', (host) => {
  test('C-26 C-28 C-29 C-44 a custom consent page gets the default headers and form', () =>
    during(
      { consentPage: ownConsentPage },
      async (origin) => {
        const client = await register(origin, { client_name: '<b>Bank</b>' })
        const browser = new Browser('alice')
        const shown = await browser.open(authorizationUrl(origin, client))
        expectSafePage(shown)
        expect(shown.status).toBe(200)
        expect(shown.headers.getSetCookie()).toEqual([expect.stringMatching(/^tollgate-browser=/)])
        const policy = shown.headers.get('content-security-policy') ?? ''
        const page = await shown.text()
        const nonce = /style nonce="([\w-]{22})"/.exec(page)?.[1]
        expect(policy).toBe(
          `default-src 'none'; style-src 'self' 'nonce-${nonce}'; font-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'`,
        )
        expect(page).toContain('<p>&#60;b&#62;Bank&#60;/b&#62;: notes:read</p>')
        expect(page).toMatch(
          /<\/html>\n<style nonce="[\w-]{22}">[^<]+<\/style><span class="tollgate-guard"><\/span>\n$/,
        )

        const mallory = new Browser('alice')
        expect((await mallory.answer(origin, page, 'allow')).status).toBe(403)
        const code = expectCode(await browser.answer(origin, page, 'allow'), redirected(origin))
        expect((await postForm(`${origin}/token`, codeForm(client, code))).status).toBe(200)
      },
      host,
    ))

  test('C-02 C-26 a custom error page gets the default headers', () =>
    during(
      { errorPage: ({ status, code, application }) => html`<p>${status} ${code} ${application.name}</p>` },
      async (origin) => {
        const url = authorizationUrl(origin, { client_id: '<x>', redirect_uris: [callback] })
        const shown = await new Browser('alice').open(url)
        expect([shown.status, shown.headers.get('location')]).toEqual([400, null])
        expectSafePage(shown)
        // The page may link to the redirect URI, so it is guarded like the consent page.
        expect(await shown.text()).toMatch(
          /^<p>400 invalid_client Notes &#38; more<\/p>\n<style nonce="[\w-]{22}">[^<]+<\/style><span class="tollgate-guard"><\/span>\n$/,
        )
        const asProgram = await fetch(url, { headers: { accept: 'application/json' } })
        expect(asProgram.status).toBe(400)
        expect(await asProgram.json()).toMatchObject({ error: 'invalid_client' })
      },
      host,
    ))
})

test('C-30 a custom consent page receives everything that the user must know', async () => {
  const asked: [ConsentRequest, Request, unknown][] = []
  await during(
    {
      allowedRedirectUris: ['cursor://auth/cb'],
      scopeDescriptions: { 'notes:read': 'read notes' },
      logo: 'data:image/png;base64,AA==',
      signIn: () => ({ subject: 'u1', name: 'Alice' }),
      consentPage: async (...given) => {
        asked.push(given)
        return ownConsentPage(given[0])
      },
    },
    async (origin) => {
      for (const uri of ['https://client.example:8443/cb', 'http://127.0.0.1:4711/cb', 'cursor://auth/cb']) {
        const client = await register(origin, { redirect_uris: [uri] })
        const url = authorizationUrl(origin, client, { scope: 'notes:read notes:write' })
        const page = await (await new Browser().open(url, { headers: { 'accept-language': 'de' } })).text()
        const [consent, request, native] = asked.at(-1) ?? []
        expect(consent).toMatchObject({
          application: { name: 'Notes & more', logo: 'data:image/png;base64,AA==' },
          client: { client_id: client.client_id, client_name: 'Test client' },
          scopes: [{ name: 'notes:read', description: 'read notes' }, { name: 'notes:write' }],
          resources: [`${origin}/mcp`],
          user: { subject: 'u1', name: 'Alice' },
          action: '/consent',
          transaction: transactionOf(page),
        })
        expect(consent?.clientHost).toBeUndefined()
        expect([request?.headers.get('accept-language'), request?.url]).toEqual(['de', url])
        expect(native).toBeInstanceOf(Request)
      }
    },
  )
  expect(asked.map(([{ destination }]) => destination)).toEqual([
    { kind: 'website', host: 'client.example:8443' },
    { kind: 'loopback', host: '127.0.0.1:4711' },
    { kind: 'scheme', scheme: 'cursor' },
  ])
})

test.each<[string, NotesAppOptions['consentPage'] & {}]>([
  ['fails', () => Promise.reject(new Error('secret detail'))],
  ['has no form', () => html`<p>Hello</p>`],
  ['is not HTML', (() => '<p>Hello</p>') as () => never],
  ['is parsed data', ({ transaction }) => JSON.parse(`{"html":"${transaction}","isHtml":true}`)],
  ['shows parsed data', ({ transaction }) => html`${transaction}${JSON.parse('{"html":"<script>"}')}`],
])('C-34 O-09 a custom consent page that %s is a server error', async (_name, consentPage) => {
  const store = memoryStore()
  let kept = 0
  const events: AuthEvent[] = []
  await during(
    {
      consentPage,
      events,
      store: {
        ...store,
        set: (...record) => {
          kept += 1
          return store.set(...record)
        },
      },
    },
    async (origin) => {
      const client = await register(origin)
      const keptBefore = kept
      const answer = await new Browser('alice').open(authorizationUrl(origin, client))
      expectErrorRedirect(answer, 'server_error', { to: `${callback}?`, issuer: origin })
      expect(kept).toBe(keptBefore)
      expect(events.at(-1)).toMatchObject({ type: 'request.failed', cause: expect.any(Error) })
    },
  )
})

test.each<[string, NotesAppOptions['errorPage'] & {}]>([
  ['fails', () => Promise.reject(new Error('secret detail'))],
  ['is not HTML', (() => '<p>Hello</p>') as () => never],
  ['is parsed data', () => JSON.parse('{"html":"<p>secret detail","isHtml":true}')],
])('C-02 O-09 a custom error page that %s is replaced by the default one', async (_name, errorPage) => {
  const events: AuthEvent[] = []
  await during({ errorPage, events }, async (origin) => {
    const shown = await new Browser('alice').open(`${origin}/authorize`)
    expect(shown.status).toBe(400)
    expectSafePage(shown)
    const page = await shown.text()
    expect(page).toContain('This sign-in cannot continue')
    expect(page).not.toContain('secret detail')
    expect(events).toContainEqual({
      type: 'source.unavailable',
      source: 'error_page',
      cause: expect.any(Error),
      requestId: expect.any(String),
    })
  })
})

test('C-26 HTML of a template engine is accepted as a page', async () => {
  const consentPage = (consent: ConsentRequest) => raw(ownConsentPage(consent).html)
  await during({ consentPage, errorPage: ({ code }) => raw(`<p>${code}</p>`) }, async (origin) => {
    const shown = await new Browser('alice').open(authorizationUrl(origin, await register(origin)))
    expect(transactionOf(await shown.text())).not.toBe('')
    expect(await (await new Browser().open(`${origin}/authorize`)).text()).toBe('<p>invalid_request</p>')
  })
})

test('O-08 the default pages load only the logo, from its own origin', async () => {
  const logo = 'https://cdn.notes.example/logo.png'
  await during({ logo }, async (origin) => {
    const client = await register(origin)
    for (const url of [authorizationUrl(origin, client), `${origin}/authorize`]) {
      const shown = await new Browser('alice').open(url)
      const page = await shown.text()
      expect(page.match(/\b(?:src|href)="[^"]*"/g)).toEqual([`src="${logo}"`])
      expect(shown.headers.get('content-security-policy')).toContain('; img-src https://cdn.notes.example; ')
    }
  })
})

test('C-30 the user sees which account is signed in when the application names it', async () => {
  const signIn = () => ({ subject: 'u1', name: 'Alice <a@notes.example>' })
  await during({ signIn }, async (origin) => {
    const page = await (await new Browser().open(authorizationUrl(origin, await register(origin)))).text()
    expect(page).toContain('<dd><bdi>Alice &#60;a@notes.example&#62;</bdi></dd>')
  })
})

test('C-02 browsers see an unknown client as a page, other clients as JSON', async () => {
  await during({}, async (origin) => {
    const url = authorizationUrl(origin, { client_id: 'nobody', redirect_uris: [callback] })
    for (const [accept, type] of [
      ['text/html,application/xhtml+xml,*/*;q=0.8', 'text/html; charset=utf-8'],
      ['*/*', 'text/html; charset=utf-8'],
      ['application/json', 'application/json'],
    ] as const) {
      const { status, headers } = await fetch(url, { headers: { accept }, redirect: 'manual' })
      expect([status, headers.get('location'), headers.get('content-type')]).toEqual([400, null, type])
    }
  })
})
