import { fileURLToPath } from 'node:url'
import type { AxeResults } from 'axe-core'
import axe from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ClientWebsite, documentClient, startClientWebsite } from '../test/harness/client-website.js'
import { anyHost, type RunningHost } from '../test/harness/hosts.js'
import { notesApp } from '../test/harness/notes-app.js'
import { authorizationUrl, register } from '../test/harness/oauth-driver.js'
import { openChromium, openTab } from './harness/chromium.js'

const logo = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#1d4ed8"/></svg>',
)}`

let chromium: Browser
let host: RunningHost
let website: ClientWebsite
beforeAll(async () => {
  chromium = await openChromium()
  website = await startClientWebsite()
  host = await anyHost.start(
    notesApp({
      logo,
      // The error page has a reference then.
      events: [],
      ssrfSafeFetch: website.fetch,
      allowedRedirectUris: ['cursor://auth/cb'],
      scopesSupported: ['notes:read', 'notes:write', `long:${'x'.repeat(80)}`],
      scopeDescriptions: { 'notes:read': 'read your notes', 'notes:write': 'change and delete your notes' },
      signIn: () => ({ subject: 'u1', name: 'alice@notes.example' }),
    }),
  )
})
afterAll(async () => {
  await chromium.close()
  await host.close()
  await website.close()
})

/** The URLs of the pages for people. */
const pages: Record<string, () => Promise<string>> = {
  'consent for a website': () =>
    consentFor({ client_name: 'Note taker', redirect_uris: ['https://client.example/cb'] }),
  'consent for a program': () =>
    consentFor(
      { client_name: 'Editor', redirect_uris: ['http://127.0.0.1:7777/cb'] },
      'notes:read notes:write',
    ),
  'consent for a published client': async () =>
    authorizationUrl(host.origin, documentClient('http://127.0.0.1:54321/callback')),
  'consent with long texts': () =>
    consentFor(
      {
        client_name: `${'A name that goes on and on '.repeat(4)}${'W'.repeat(60)}`,
        redirect_uris: [`https://${'subdomain.'.repeat(12)}client.example/cb`],
      },
      `notes:read notes:write long:${'x'.repeat(80)}`,
    ),
  error: async () => authorizationUrl(host.origin, { client_id: 'nobody', redirect_uris: [] }),
  'error of a program that waits': async () =>
    authorizationUrl(host.origin, { client_id: 'nobody', redirect_uris: ['http://127.0.0.1:7777/cb'] }),
  'error of a website': () =>
    consentFor({ redirect_uris: [`https://${'subdomain.'.repeat(12)}client.example/cb`] }, '"'),
}

async function consentFor(metadata: Record<string, unknown>, scope = 'notes:read'): Promise<string> {
  return authorizationUrl(host.origin, await register(host.origin, metadata), { scope })
}

const screens: Record<string, BrowserContextOptions> = {
  'desk, light': { viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  'desk, dark': { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
  'phone, light': { viewport: { width: 320, height: 568 }, colorScheme: 'light', hasTouch: true },
  'phone, dark': { viewport: { width: 390, height: 844 }, colorScheme: 'dark', hasTouch: true },
}

const cases = Object.keys(pages).flatMap((name) =>
  Object.keys(screens).map((screen) => [name, screen] as const),
)

async function show(name: string, screen: string, check: (page: Page) => Promise<void>): Promise<void> {
  const { page } = await openTab(chromium, undefined, screens[screen])
  try {
    await page.goto((await pages[name]?.()) ?? '')
    await check(page)
  } finally {
    await page.context().close()
  }
}

describe.each(cases)('%s on a %s screen', (name, screen) => {
  test('the page passes the axe accessibility checks', () =>
    show(name, screen, async (page) => {
      // Content below the cover of the buttons is not judged.
      await page.locator('main').hover()
      await expect.poll(() => page.evaluate('document.getAnimations().length')).toBe(0)
      await page.evaluate(axe.source)
      const { violations, incomplete, passes } = await page.evaluate<AxeResults>('axe.run()')
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual(
        [],
      )
      expect(incomplete.map(({ id }) => id)).toEqual([])
      expect(passes.map(({ id }) => id)).toContain('color-contrast')
    }))

  test('the page fits the screen and is saved as a picture', () =>
    show(name, screen, async (page) => {
      const file = `${name}, ${screen}.png`.replaceAll(', ', '-').replaceAll(' ', '-')
      const path = fileURLToPath(new URL(`../../../test-results/pages/${file}`, import.meta.url))
      await page.screenshot({ path, fullPage: true })
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0)
      for (const button of await page.getByRole('button').or(page.getByRole('link')).all()) {
        const box = await button.boundingBox()
        // The target size for a thumb (WCAG 2.5.5).
        expect(box?.height).toBeGreaterThanOrEqual(44)
        expect(box?.width).toBeGreaterThanOrEqual(44)
      }
    }))
})

test('C-30 a screen reader reads who asks, for what, and where the browser goes next', () =>
  show('consent for a program', 'desk, light', async (page) => {
    expect(await page.title()).toBe('Allow Editor to use Notes & more?')
    expect(await page.locator('body').ariaSnapshot()).toBe(
      `
- banner: Notes & more
- main:
  - heading "Editor wants to use Notes & more for you" [level=1]
  - term: It will send you back to
  - definition: 127.0.0.1:7777
  - term: It asks to be allowed to
  - definition:
    - list:
      - listitem: read your notes
      - listitem: change and delete your notes
  - term: At this server
  - definition: ${host.origin}/mcp
  - term: You are signed in as
  - definition: alice@notes.example
  - paragraph:
    - strong: "Caution:"
    - text: "This is a program on your own computer. Its name cannot be checked: allow it only if you have just started it yourself."
  - button "Deny"
  - button "Allow"
`.trim(),
    )
  }))

test.each(['consent for a website', 'error of a website'])(
  'focus stays visible in forced colors and without color: %s',
  (name) =>
    show(name, 'desk, light', async (page) => {
      await page.emulateMedia({ forcedColors: 'active' })
      await page.keyboard.press('Tab')
      const style = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle')
      expect(style).toBe('solid')
    }),
)
