import { html } from '@tollgate/auth-core'
import type { Browser, BrowserContextOptions, CDPSession, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anyHost, type RunningHost } from '../test/harness/hosts.js'
import { notesApp } from '../test/harness/notes-app.js'
import { authorizationUrl, register } from '../test/harness/oauth-driver.js'
import { openChromium, openTab, press } from './harness/chromium.js'
import { openSite, pageOf, type Site } from './harness/sites.js'

interface Place {
  readonly x: number
  readonly y: number
}

let chromium: Browser
let host: RunningHost
let program: Site
let consentUrl: string
beforeAll(async () => {
  chromium = await openChromium()
  program = await openSite(
    'http',
    '127.0.0.1',
    pageOf(() => 'back at the program'),
  )
  host = await anyHost.start(notesApp())
  const client = await register(host.origin, { redirect_uris: [`${program.origin}/cb`] })
  consentUrl = authorizationUrl(host.origin, client)
})
afterAll(async () => {
  await chromium.close()
  await program.close()
  await host.close()
})

async function inTab(
  check: (page: Page) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  const { page } = await openTab(chromium, 'alice', options)
  try {
    await check(page)
  } finally {
    await page.context().close()
  }
}

/** The position of a button, which attackers learn from a consent page of their own. */
async function placeOf(page: Page, name = 'Allow'): Promise<Place> {
  const box = await page.getByRole('button', { name }).boundingBox()
  if (box === null) throw new Error(`there is no ${name}`)
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 }
}

/** Clicks without moving the mouse, so that no movement tells the page where it is. */
async function clickInPlace(session: CDPSession, place: Place): Promise<void> {
  const click = { ...place, button: 'left', clickCount: 1 } as const
  await session.send('Input.dispatchMouseEvent', { type: 'mousePressed', ...click })
  await session.send('Input.dispatchMouseEvent', { type: 'mouseReleased', ...click })
}

/** Whether the cover is on top at the position of "Allow". */
function isCovered(page: Page, { x, y }: Place): Promise<boolean> {
  return page.evaluate(`document.elementFromPoint(${x}, ${y}).className === 'tollgate-guard'`)
}

/** How long the cover has been waiting in milliseconds, or `undefined` if it is not. */
function waited(page: Page): Promise<number | undefined> {
  return page.evaluate('document.getAnimations()[0]?.currentTime')
}

/** Sets the cover's clock to a time after the mouse entered, and stops it there. */
async function waitUntil(page: Page, milliseconds: number): Promise<void> {
  await expect.poll(() => waited(page)).toBeGreaterThanOrEqual(0)
  await page.evaluate(`(() => {
    const [animation] = document.getAnimations()
    animation.pause()
    animation.currentTime = ${milliseconds}
  })()`)
}

/** The navigation that a click started has ended then. */
async function nothingMoves(page: Page): Promise<void> {
  await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))')
}

/** Nothing was allowed or denied. */
async function expectUnanswered(page: Page): Promise<void> {
  await nothingMoves(page)
  expect(new URL(page.url()).pathname).toBe('/authorize')
  expect(await page.title()).toBe('Allow Test client to use Notes & more?')
}

async function expectAllowed(page: Page): Promise<void> {
  await page.waitForURL(`${program.origin}/cb?code=**`)
}

describe('C-44 accidental clicks on the consent page', () => {
  test('C-44 the second click of a double click that opened the consent page does not count', () =>
    inTab(async (page) => {
      await page.goto(consentUrl)
      const place = await placeOf(page)
      const evil = await openSite(
        'http',
        'evil.example',
        pageOf(() => `<script>onmousedown = () => { location = ${JSON.stringify(consentUrl)} }</script>`),
      )
      await page.goto(evil.origin)
      await page.mouse.move(place.x, place.y)
      const session = await page.context().newCDPSession(page)
      const shown = page.waitForURL(consentUrl, { waitUntil: 'commit' })
      await clickInPlace(session, place)
      await shown
      await page.getByRole('button', { name: 'Allow' }).waitFor()
      await clickInPlace(session, place)
      await expectUnanswered(page)

      // The mouse did not move, and the user sees the page: the third click is meant for it.
      await expect.poll(() => isCovered(page, place)).toBe(false)
      await clickInPlace(session, place)
      await expectAllowed(page)
      await evil.close()
    }))

  test.each([52, 300, 499])(
    'C-44 a click %i ms after the mouse entered the page does not count',
    (milliseconds) =>
      inTab(async (page) => {
        await page.goto(consentUrl)
        const place = await placeOf(page)
        await page.mouse.move(place.x, place.y)
        await waitUntil(page, milliseconds)
        await page.mouse.click(place.x, place.y)
        await expectUnanswered(page)
      }),
  )

  test('C-44 a click does not count when the page waited behind another window', () =>
    inTab(async (page) => {
      await page.goto(consentUrl)
      const place = await placeOf(page)
      // No timer runs that could have ended by now.
      expect([await waited(page), await isCovered(page, place)]).toEqual([undefined, true])
      const session = await page.context().newCDPSession(page)
      await clickInPlace(session, place)
      await expectUnanswered(page)
    }))

  test('C-44 a click does not count when the mouse left the page and came back', () =>
    inTab(async (page) => {
      await page.goto(consentUrl)
      const place = await placeOf(page)
      await page.mouse.move(place.x, place.y)
      await expect.poll(() => isCovered(page, place)).toBe(false)
      await page.mouse.move(1, 1)
      expect(await isCovered(page, place)).toBe(true)
      await page.mouse.move(place.x, place.y)
      await page.mouse.click(place.x, place.y)
      await expectUnanswered(page)
    }))

  test('C-44 a click does not count in a series of clicks less than half a second apart', () =>
    inTab(async (page) => {
      await page.goto(consentUrl)
      const place = await placeOf(page)
      await page.mouse.move(place.x, place.y)
      for (let click = 0; click < 5; click += 1) {
        await waitUntil(page, 490)
        await page.mouse.click(place.x, place.y)
        await expectUnanswered(page)
        await expect.poll(() => waited(page)).toBeLessThan(490)
      }
      await page.mouse.down()
      await page.mouse.move(place.x + 1, place.y)
      expect([await waited(page), await isCovered(page, place)]).toEqual([undefined, true])
      await page.mouse.up()
      await expect.poll(() => isCovered(page, place)).toBe(false)
      await page.mouse.click(place.x, place.y)
      await expectAllowed(page)
    }))

  test('C-44 a click does not count too early when the user prefers reduced motion', () =>
    inTab(
      async (page) => {
        await page.goto(consentUrl)
        const place = await placeOf(page)
        await page.mouse.move(place.x, place.y)
        await waitUntil(page, 300)
        await page.mouse.click(place.x, place.y)
        await expectUnanswered(page)
      },
      { reducedMotion: 'reduce' },
    ))
})

describe('C-44 intended clicks on the consent page', () => {
  test.each(['Allow', 'Deny'])('C-44 with the mouse, %s counts half a second later', (name) =>
    inTab(async (page) => {
      await page.goto(consentUrl)
      const place = await placeOf(page, name)
      await page.mouse.move(place.x, place.y)
      await waitUntil(page, 501)
      await page.mouse.click(place.x, place.y)
      await page.waitForURL(`${program.origin}/cb?**`)
    }),
  )

  test.each(['Enter', 'Space'])('C-44 by the keyboard, %s counts at once', (key) =>
    inTab(async (page) => {
      await page.goto(consentUrl)
      const place = await placeOf(page)
      await page.keyboard.press('Tab')
      await page.keyboard.press('Tab')
      expect(await isCovered(page, place)).toBe(true)
      await page.keyboard.press(key)
      await expectAllowed(page)
    }),
  )

  test('C-44 a button pressed by assistive technology counts at once', () =>
    inTab(async (page) => {
      await page.goto(consentUrl)
      await page.getByRole('button', { name: 'Allow' }).dispatchEvent('click')
      await expectAllowed(page)
    }))
})

describe('C-44 taps on a touch screen', () => {
  const phone: BrowserContextOptions = {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  }

  test.each([52, 300, 499])('C-44 a tap %i ms after the page appears does not count', (milliseconds) =>
    inTab(async (page) => {
      await page.goto(consentUrl)
      await waitUntil(page, milliseconds)
      const { x, y } = await placeOf(page)
      await page.touchscreen.tap(x, y)
      await expectUnanswered(page)
    }, phone),
  )

  test('C-44 the first tap counts half a second after the page appears', () =>
    inTab(async (page) => {
      await page.goto(consentUrl)
      await waitUntil(page, 501)
      const { x, y } = await placeOf(page)
      await page.touchscreen.tap(x, y)
      await expectAllowed(page)
    }, phone))
})

test('C-41 C-44 the link of the error page ignores early clicks', () =>
  inTab(async (page) => {
    const website = await openSite(
      'https',
      'client.example',
      pageOf(() => 'back at the website'),
    )
    const client = await register(host.origin, { redirect_uris: [`${website.origin}/cb`] })
    await page.goto(authorizationUrl(host.origin, client, { scope: '"' }))
    const box = await page.getByRole('link').boundingBox()
    const place = { x: (box?.x ?? 0) + 20, y: (box?.y ?? 0) + 10 }
    await page.mouse.move(place.x, place.y)
    await waitUntil(page, 300)
    await page.mouse.click(place.x, place.y)
    await nothingMoves(page)
    expect(new URL(page.url()).pathname).toBe('/authorize')
    await expect.poll(() => isCovered(page, place)).toBe(false)
    await page.mouse.click(place.x, place.y)
    await page.waitForURL(`${website.origin}/cb?**`)
    await website.close()
  }))

test('C-44 a custom consent page ignores early clicks wherever its buttons are', async () => {
  const own = await anyHost.start(
    notesApp({
      consentPage: ({ action, transaction }) => html`<!doctype html>
<html lang="en"><head><title>Own</title></head><body><form method="post" action="${action}">
<input type="hidden" name="transaction" value="${transaction}"><button name="decision" value="deny">Deny</button>
<button name="decision" value="allow">Allow</button></form></body></html>`,
    }),
  )
  const client = await register(own.origin, { redirect_uris: [`${program.origin}/cb`] })
  await inTab(async (page) => {
    const url = authorizationUrl(own.origin, client)
    await page.goto(url)
    const place = await placeOf(page)
    const session = await page.context().newCDPSession(page)
    await clickInPlace(session, place)
    await page.mouse.move(place.x, place.y)
    await waitUntil(page, 300)
    await page.mouse.click(place.x, place.y)
    await nothingMoves(page)
    expect([page.url(), await page.title()]).toEqual([url, 'Own'])
    await expect.poll(() => isCovered(page, place)).toBe(false)
    await page.mouse.click(place.x, place.y)
    await expectAllowed(page)
  })
  await own.close()
})

test('C-44 a scripted click with the mouse on the page counts like a person’s', () =>
  inTab(async (page) => {
    await page.goto(consentUrl)
    await press(page, 'Allow')
    await expectAllowed(page)
  }))
