import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

/** A real browser with an empty profile that reaches only this machine: every host name resolves to it. */
export function openChromium(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM']
  if (executablePath === undefined)
    throw new Error('CHROMIUM must name a browser. Run "pnpm test:browser", which finds one.')
  return chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP * 127.0.0.1, EXCLUDE localhost',
    ],
  })
}

export interface Tab {
  readonly page: Page
  /** Console messages and violations of content security policies. */
  readonly complaints: string[]
}

/** A tab with its own cookies, in which `user` is signed in at every application of `localhost`. */
export async function openTab(
  browser: Browser,
  user: string | undefined,
  options: BrowserContextOptions = {},
): Promise<Tab> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options })
  if (user !== undefined) {
    await context.addCookies([{ name: 'user', value: user, domain: 'localhost', path: '/' }])
  }
  const complaints: string[] = []
  const page = await context.newPage()
  await page.addInitScript(`document.addEventListener('securitypolicyviolation', (event) =>
    console.error('policy violated: ' + event.effectiveDirective + ' ' + event.blockedURI))`)
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  return { page, complaints }
}

/** Presses a button as a person does: the mouse enters the page before it reaches the button. */
export async function press(page: Page, name: string): Promise<void> {
  await page.mouse.move(1, 1)
  await page.locator('main, body').last().hover()
  await page.getByRole('button', { name }).click()
}
