import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { anyHost } from '../test/harness/hosts.js'
import { notesApp } from '../test/harness/notes-app.js'
import { authorizationUrl, register } from '../test/harness/oauth-driver.js'
import { openChromium, openTab } from './harness/chromium.js'

/** The picture in the documentation. Copy it to `docs/images` after a change to the page. */
const picture = fileURLToPath(new URL('../../../test-results/pages/consent-page.png', import.meta.url))

test('the consent page of the documentation fits its picture', async () => {
  const chromium = await openChromium()
  const host = await anyHost.start(
    notesApp({
      name: 'Notes',
      resourceBaseUrl: 'https://notes.example.com',
      scopeDescriptions: { 'notes:read': 'read your notes' },
      signIn: () => ({ subject: 'alice', name: 'alice' }),
    }),
  )
  try {
    const client = await register(host.origin, {
      client_name: 'Example Assistant',
      redirect_uris: ['https://assistant.example/callback'],
    })
    const screen = {
      viewport: { width: 640, height: 480 },
      colorScheme: 'light',
      deviceScaleFactor: 1.5,
    } as const
    const { page } = await openTab(chromium, undefined, screen)
    await page.goto(authorizationUrl(host.origin, client, { scope: 'notes:read' }))
    await page.locator('main').hover()
    await expect.poll(() => page.evaluate('document.getAnimations().length')).toBe(0)
    expect(await page.title()).toBe('Allow Example Assistant to use Notes?')
    const { width, height } = (await page.locator('body').boundingBox()) ?? { width: 0, height: 0 }
    expect(width).toBeLessThanOrEqual(640)
    await page.setViewportSize({ width: 640, height: Math.ceil(height) + 32 })
    await page.screenshot({ path: picture })
  } finally {
    await chromium.close()
    await host.close()
  }
})
