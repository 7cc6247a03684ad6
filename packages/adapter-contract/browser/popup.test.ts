import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { anyHost, type RunningHost } from '../test/harness/hosts.js'
import { notesApp } from '../test/harness/notes-app.js'
import { authorizationUrl, register } from '../test/harness/oauth-driver.js'
import { openChromium, openTab, press } from './harness/chromium.js'
import { openSite, pageOf, type Site } from './harness/sites.js'

let chromium: Browser
let host: RunningHost
beforeAll(async () => {
  chromium = await openChromium()
  host = await anyHost.start(notesApp({ allowedRedirectUris: ['cursor://auth/cb'] }))
})
afterAll(async () => {
  await chromium.close()
  await host.close()
})

/** A web client: its page opens the consent page in a popup and waits for a message from its callback page. */
function openWebClient(scheme: 'http' | 'https', hostname: string): Promise<Site> {
  return openSite(
    scheme,
    hostname,
    pageOf((path) =>
      path.startsWith('/cb')
        ? '<script>opener.postMessage(location.search, "*")</script>'
        : '<script>onmessage = ({ data }) => { answer = data }; answer = null</script>',
    ),
  )
}

/** Opens the consent page in a popup of a page of `site`. */
async function openPopup(site: Site, redirectUri: string): Promise<{ opener: Page; popup: Page }> {
  const client = await register(host.origin, { redirect_uris: [redirectUri] })
  const { page: opener } = await openTab(chromium, 'alice')
  await opener.goto(site.origin)
  const opened = opener.context().waitForEvent('page')
  await opener.evaluate(
    `popup = open(${JSON.stringify(authorizationUrl(host.origin, client))}, '', 'popup'); null`,
  )
  const popup = await opened
  await popup.getByRole('button', { name: 'Allow' }).waitFor()
  return { opener, popup }
}

test.each([
  ['website', 'https', 'client.example'],
  ['website on loopback', 'http', '127.0.0.1'],
] as const)(
  'C-46 a client that is a %s gets its response from its popup',
  async (_name, scheme, hostname) => {
    const site = await openWebClient(scheme, hostname)
    const { opener, popup } = await openPopup(site, `${site.origin}/cb`)
    expect(await opener.evaluate('popup.closed')).toBe(false)
    await press(popup, 'Allow')
    await expect.poll(() => opener.evaluate('answer')).toMatch(/^\?code=/)
    await opener.context().close()
    await site.close()
  },
)

test('C-46 the opener cannot control the popup when the response goes to a private-use scheme', async () => {
  const site = await openWebClient('https', 'evil.example')
  const { opener, popup } = await openPopup(site, 'cursor://auth/cb')
  expect(await opener.evaluate('popup.closed')).toBe(true)
  await opener.evaluate('popup.location = "about:blank"; null')
  expect(await popup.title()).toBe('Allow Test client to use Notes & more?')
  await opener.context().close()
  await site.close()
})
