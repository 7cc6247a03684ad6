import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AuthEvent, html } from '@tollgate/auth-core'
import express5 from 'express'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anyHost, expressHost, type Host, hosts, type RunningHost } from '../test/harness/hosts.js'
import { type NotesAppOptions, notesApp } from '../test/harness/notes-app.js'
import { authorizationUrl, codeForm, postForm, register } from '../test/harness/oauth-driver.js'
import { openChromium, openTab, press, type Tab } from './harness/chromium.js'
import { openSite, pageOf, type Site } from './harness/sites.js'

let chromium: Browser
/** The client as a local program and as a website. Its page shows where the browser arrived. */
let program: Site
let website: Site
beforeAll(async () => {
  chromium = await openChromium()
  program = await openSite('http', '127.0.0.1', (request, response) => {
    sendOn(request, response)
    response.end('back at the program')
  })
  website = await openSite('https', 'client.example', (request, response) => {
    const goesOn = request.url?.startsWith('/moved')
    if (goesOn) response.writeHead(302, { location: `https://app.client.example:${website.port}/cb` })
    sendOn(request, response)
    response.end('back at the website')
  })
})
afterAll(async () => {
  await chromium.close()
  await program.close()
  await website.close()
})

/** A client may redirect its response on, for example from its website to its program: `/goto/` and the encoded URL. */
function sendOn(request: IncomingMessage, response: ServerResponse): void {
  const next = /^\/goto\/([^?]*)/.exec(request.url ?? '')?.[1]
  if (next !== undefined) response.writeHead(307, { location: decodeURIComponent(next) })
}

/** Shows the consent page of a client with the redirect URI `redirectUri`. */
async function atConsent(
  redirectUri: string,
  check: (tab: Tab, origin: string, client: Awaited<ReturnType<typeof register>>) => Promise<void>,
  { host = anyHost, options = {} }: { host?: Host; options?: NotesAppOptions } = {},
): Promise<void> {
  const running = await host.start(notesApp({ allowedRedirectUris: ['cursor://auth/cb'], ...options }))
  const tab = await openTab(chromium, 'alice')
  try {
    const client = await register(running.origin, { redirect_uris: [redirectUri] })
    await tab.page.goto(authorizationUrl(running.origin, client))
    await check(tab, running.origin, client)
  } finally {
    await tab.page.context().close()
    await running.close()
  }
}

describe.each(hosts)('$name', (host) => {
  test('C-25 C-27 a user allows with the keyboard alone, and the client gets its tokens', () =>
    atConsent(
      `${program.origin}/cb`,
      async ({ page, complaints }, origin, client) => {
        await page.keyboard.press('Tab')
        await page.keyboard.press('Tab')
        expect(await focused(page)).toMatchObject({ text: 'Allow', isVisible: true })
        await page.keyboard.press('Enter')
        await page.waitForURL(`${program.origin}/cb?**`)
        expect(await page.textContent('body')).toBe('back at the program')
        const answer = new URL(page.url()).searchParams
        expect([answer.get('state'), answer.get('iss')]).toEqual(['st@te+ /%', origin])
        const tokens = await postForm(`${origin}/token`, codeForm(client, answer.get('code') ?? ''))
        expect(tokens.status).toBe(200)
        expect(complaints).toEqual([])
      },
      { host },
    ))
})

test('C-32 a user denies with the keyboard alone, and Deny comes first', () =>
  atConsent(`${program.origin}/cb`, async ({ page, complaints }, origin) => {
    expect(await focused(page)).toMatchObject({ text: '' })
    await page.keyboard.press('Tab')
    expect(await focused(page)).toMatchObject({ text: 'Deny', isVisible: true })
    await page.keyboard.press('Space')
    await page.waitForURL(`${program.origin}/cb?**`)
    const answer = new URL(page.url()).searchParams
    expect([answer.get('error'), answer.get('iss'), answer.has('code')]).toEqual([
      'access_denied',
      origin,
      false,
    ])
    expect(complaints).toEqual([])
  }))

/** The focused element, and whether the focus is visible. */
function focused(page: Tab['page']): Promise<{ text: string; isVisible: boolean }> {
  return page.evaluate(`(() => {
    const element = document.activeElement
    const { outlineStyle, outlineWidth } = getComputedStyle(element)
    const isVisible = element.matches(':focus-visible') && outlineStyle === 'solid' && parseFloat(outlineWidth) >= 2
    return { text: element === document.body ? '' : element.textContent, isVisible }
  })()`)
}

describe('C-27 form-action policy of the consent page', () => {
  test('C-27 the policy lets the form end at a website', () =>
    atConsent(`${website.origin}/cb`, async ({ page, complaints }) => {
      await press(page, 'Allow')
      await page.waitForURL(`${website.origin}/cb?**`)
      expect(complaints).toEqual([])
    }))

  test('C-27 the policy lets the form end at a website that redirects on', () =>
    atConsent(`${website.origin}/moved`, async ({ page, complaints }) => {
      await press(page, 'Allow')
      await page.waitForURL('https://app.client.example:*/cb')
      expect(await page.textContent('body')).toBe('back at the website')
      expect(complaints).toEqual([])
    }))

  test('C-27 the policy lets the form end at the program of a private-use scheme', () =>
    atConsent('cursor://auth/cb', async ({ page, complaints }) => {
      // No such program is installed, so the navigation ends there.
      const left = page.waitForEvent('requestfailed')
      await press(page, 'Allow')
      expect((await left).url()).toMatch(/^cursor:\/\/auth\/cb\?code=/)
      expect(complaints).toEqual([])
    }))

  test.each([
    ['the website of a client, to a program,', () => website.origin, 'claude://claude.ai/cb'],
    ['a program on loopback, to another program,', () => program.origin, 'claude://claude.ai/cb'],
    ['the website of a client, to another host by http,', () => website.origin, 'http://intranet.example/cb'],
  ])('C-27 the policy lets %s redirect the browser on with a 307', (_name, originOf, next) =>
    atConsent(`${originOf()}/goto/${encodeURIComponent(next)}`, async ({ page, complaints }) => {
      const asked: string[] = []
      page.on('request', (request) => asked.push(request.url()))
      const left = page.waitForEvent('requestfailed')
      await press(page, 'Allow')
      expect((await left).url()).toBe(next)
      expect(asked.at(-2)).toMatch(/\?code=/)
      expect(complaints.filter((complaint) => complaint.includes('policy'))).toEqual([])
    }),
  )

  test('C-27 the browser enforces a form-action policy and then does not open the program', () =>
    atConsent(
      `${program.origin}/goto/${encodeURIComponent('claude://claude.ai/cb')}`,
      async ({ page, complaints }) => {
        await page.route('**/authorize?*', async (route) => {
          const answer = await route.fetch()
          const { 'content-security-policy': policy = '', ...headers } = answer.headers()
          const stricter = `${policy}; form-action 'self' http: https:`
          await route.fulfill({
            response: answer,
            headers: { ...headers, 'content-security-policy': stricter },
          })
        })
        await page.reload()
        const stopped = page.waitForEvent('requestfailed')
        await press(page, 'Allow')
        expect((await stopped).url()).toContain(`${program.origin}/goto/`)
        await expect.poll(() => complaints.join()).toContain('policy violated: form-action')
        expect(new URL(page.url()).pathname).toBe('/authorize')
      },
    ))
})

test('C-26 C-28 a custom page keeps its styles and images and runs no script', async () => {
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  )
  const host = expressHost('express 5', express5, (app) => {
    app.get('/own.css', (_request, response) => void response.type('css').send('h1 { color: rgb(1, 2, 3) }'))
    app.get('/own.png', (_request, response) => void response.type('png').send(png))
  })
  const consentPage: NotesAppOptions['consentPage'] = ({
    action,
    transaction,
    styleNonce,
  }) => html`<!doctype html>
<html lang="de"><title>Zugriff</title><link rel="stylesheet" href="/own.css">
<style nonce="${styleNonce}">p { color: rgb(4, 5, 6) }</style><style>button { color: rgb(7, 8, 9) }</style>
<h1>Darf ich?</h1><p style="color: red">Bitte</p><img src="/own.png" alt=""><img src="https://evil.example/x.png" alt="">
<form method="post" action="${action}"><input type="hidden" name="transaction" value="${transaction}">
<button name="decision" value="allow">Ja</button></form><script>document.title = 'changed'</script></html>`
  await atConsent(
    `${program.origin}/cb`,
    async ({ page, complaints }) => {
      const colorOf = (name: string) =>
        page.evaluate(`getComputedStyle(document.querySelector('${name}')).color`)
      expect([await colorOf('h1'), await colorOf('p')]).toEqual(['rgb(1, 2, 3)', 'rgb(4, 5, 6)'])
      expect(await colorOf('button')).not.toBe('rgb(7, 8, 9)')
      const widths = await page.evaluate('[...document.images].map((image) => image.naturalWidth)')
      expect([widths, await page.title()]).toEqual([[1, 0], 'Zugriff'])
      for (const violated of ['style-src-elem', 'style-src-attr', 'img-src', 'script-src-elem'])
        expect(complaints.join()).toContain(`policy violated: ${violated}`)
      await press(page, 'Ja')
      await page.waitForURL(`${program.origin}/cb?code=**`)
    },
    { host, options: { consentPage } },
  )
})

test('L-22 over https the browser keeps and returns the __Host- cookie', async () => {
  let inner: RunningHost | undefined
  const outer = await openSite('https', 'localhost', (request, response) => {
    const { method, url = '/', headers } = request
    const forwarded = httpRequest(`${inner?.origin}${url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    request.pipe(forwarded)
  })
  inner = await anyHost.start(() => notesApp()(outer.origin))
  const { page, complaints } = await openTab(chromium, 'alice')
  const client = await register(inner.origin, { redirect_uris: [`${program.origin}/cb`] })
  await page.goto(authorizationUrl(outer.origin, client))
  const cookies = await page.context().cookies()
  expect(cookies.find(({ name }) => name === '__Host-tollgate-browser')).toMatchObject({
    secure: true,
    httpOnly: true,
    sameSite: 'Lax',
    path: '/',
  })
  await press(page, 'Allow')
  await page.waitForURL(`${program.origin}/cb?code=**`)
  expect(complaints).toEqual([])
  await page.context().close()
  await inner.close()
  await outer.close()
})

describe('C-28 requests of another origin', () => {
  test.each([
    ['another site', 'evil.example'],
    ['another port of this host, which is sent the cookies', 'localhost'],
  ])('C-28 %s cannot answer for the user', async (_name, hostname) => {
    const events: AuthEvent[] = []
    await atConsent(
      `${program.origin}/cb`,
      async ({ page }, origin) => {
        // The worst case: the form contains everything that the real form does.
        const transaction = await page.inputValue('[name=transaction]')
        const evil = await openSite(
          'http',
          hostname,
          pageOf(
            () => `<form method="post" action="${origin}/consent">
<input name="transaction" value="${transaction}"><button name="decision" value="allow">Win a prize</button></form>`,
          ),
        )
        const tab = await page.context().newPage()
        await tab.goto(evil.origin)
        const answered = tab.waitForResponse(`${origin}/consent`)
        await tab.getByRole('button').click()
        expect((await answered).status()).toBe(403)
        expect(events.map(({ type }) => type)).not.toContain('authorization.granted')

        // Nothing has been consumed.
        await press(page, 'Allow')
        await page.waitForURL(`${program.origin}/cb?code=**`)
        await evil.close()
      },
      { options: { events } },
    )
  })
})

test('C-26 a page of another origin cannot frame the consent page', () =>
  atConsent(`${program.origin}/cb`, async ({ page, complaints }) => {
    const address = page.url()
    const evil = await openSite(
      'http',
      'localhost',
      pageOf(() => `<iframe src="${address.replaceAll('&', '&amp;')}"></iframe>`),
    )
    await page.goto(evil.origin)
    await expect.poll(() => complaints.join()).toMatch(/frame-ancestors/)
    for (const frame of page.frames().slice(1)) expect(await frame.getByRole('button').count()).toBe(0)
    await evil.close()
  }))

test('C-41 O-08 the user decides by keyboard whether to go to the website of an unapproved client', async () => {
  const referrers: (string | undefined)[] = []
  const site = await openSite('https', 'client.example', (request, response) => {
    referrers.push(request.headers.referer)
    response.end('back at the website')
  })
  await atConsent(`${site.origin}/cb`, async ({ page, complaints }, origin, client) => {
    await page.goto(authorizationUrl(origin, client, { scope: '"' }))
    expect(await page.title()).toBe('This sign-in cannot continue – Notes & more')
    expect(referrers).toEqual([])
    await page.keyboard.press('Tab')
    const { host } = new URL(site.origin)
    expect(await focused(page)).toMatchObject({ text: `Continue to ${host}`, isVisible: true })
    await page.keyboard.press('Enter')
    await page.waitForURL(`${site.origin}/cb?**`)
    expect(await page.textContent('body')).toBe('back at the website')
    const answer = new URL(page.url()).searchParams
    expect(Object.fromEntries(answer)).toMatchObject({
      error: 'invalid_scope',
      state: 'st@te+ /%',
      iss: origin,
    })
    expect(referrers[0]).toBeUndefined()
    expect(complaints.filter((complaint) => !complaint.includes('400'))).toEqual([])
  })
  await site.close()
})

test('O-08 no other site learns the address of the consent page', async () => {
  const referrers: (string | undefined)[] = []
  const curious = await openSite('https', 'client.example', (request, response) => {
    referrers.push(request.headers.referer)
    response.end('ok')
  })
  await atConsent(`${curious.origin}/cb`, async ({ page }) => {
    await press(page, 'Allow')
    await page.waitForURL(`${curious.origin}/cb?code=**`)
  })
  expect(referrers[0]).toBeUndefined()
  await curious.close()
})
