import { type HtmlForm, readForms, readText, readTitle } from './html-form.js'

export interface Visit {
  /** Where the client waits for the response. The visit ends there. */
  readonly redirectUri: string
  /** Whether the user allows what the consent page asks for. */
  readonly decision?: 'allow' | 'deny'
}

/**
 * A user without a browser: follows redirects, keeps cookies, and presses the buttons of the sign-in and consent pages.
 */
export class HeadlessUser {
  /** The pages that the user saw, and the button that they pressed on each. */
  readonly visited: { readonly page: string; readonly button: string }[] = []
  readonly #cookies = new Map<string, Map<string, string>>()
  readonly #answers = new Map<string, string>()

  /** Sets the value of a form field, on every page that has one of that name. */
  fillIn(field: string, value: string): void {
    this.#answers.set(field, value)
  }

  /** Opens the URL that a client sends its user to, and returns the callback URL where the visit ends. */
  async visit(url: URL | string, { redirectUri, decision = 'allow' }: Visit): Promise<URL> {
    let request = new Request(url)
    for (let pages = 0; pages < 20; pages++) {
      const response = await this.#send(request)
      const location = response.headers.get('location')
      if (isRedirect(response.status) && location !== null) {
        await response.body?.cancel()
        const next = new URL(location, request.url)
        if (isCallback(next, redirectUri)) return next
        // Browsers follow with GET, even a 302 after a POST.
        request = new Request(next)
        continue
      }
      request = this.#pressButton(await readPage(response, request.url), decision)
    }
    throw new Error('The server redirected the browser more than 20 times')
  }

  async #send(request: Request): Promise<Response> {
    const { hostname } = new URL(request.url)
    const cookies = this.#cookies.get(hostname) ?? new Map<string, string>()
    const headers = new Headers(request.headers)
    if (cookies.size > 0) headers.set('cookie', [...cookies].map((pair) => pair.join('=')).join('; '))
    const response = await fetch(request, { headers, redirect: 'manual' })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = '', attributes = ''] = /^([^=]+)=([^;]*)(.*)$/.exec(cookie) ?? []
      if (/;\s*max-age=(0|-\d+)\b/i.test(attributes)) cookies.delete(name)
      else cookies.set(name, value)
    }
    // Like a browser: cookies belong to a host, whatever the port.
    this.#cookies.set(hostname, cookies)
    return response
  }

  #pressButton(page: Page, decision: 'allow' | 'deny'): Request {
    const form = page.forms.find(({ buttons }) => buttons.length > 0)
    if (form === undefined) throw new Error(`The page "${page.title}" has no button: ${page.text}`)
    const button = chooseButton(form, decision)
    this.visited.push({ page: page.title, button: button.label })
    const fields = new URLSearchParams()
    for (const [name, value] of form.fields) fields.append(name, this.#answers.get(name) ?? value)
    if (button.name !== undefined) fields.append(button.name, button.value)
    const action = new URL(form.action, page.url)
    if (form.method === 'get') {
      action.search = fields.toString()
      return new Request(action)
    }
    return new Request(action, { method: 'POST', body: fields, headers: formHeaders(page, action) })
  }
}

interface Page {
  readonly url: string
  readonly title: string
  readonly text: string
  readonly forms: readonly HtmlForm[]
  readonly referrerPolicy: string | null
}

async function readPage(response: Response, url: string): Promise<Page> {
  const html = await response.text()
  const text = readText(html).slice(0, 300)
  if (!response.ok) throw new Error(`The server showed an error page (${response.status}): ${text}`)
  const referrerPolicy = response.headers.get('referrer-policy')
  return { url, title: readTitle(html), text, forms: readForms(html), referrerPolicy }
}

function chooseButton({ buttons }: HtmlForm, decision: 'allow' | 'deny'): HtmlForm['buttons'][number] {
  const wanted = decision === 'allow' ? /allow|approve|accept|authori[sz]e/i : /deny|cancel|refuse|reject/i
  const button = buttons.find(({ label, value }) => wanted.test(label) || wanted.test(value)) ?? buttons[0]
  if (button === undefined) throw new Error('The form has no button')
  return button
}

/** The headers by which a browser tells a server where a form comes from. */
function formHeaders(page: Page, action: URL): Record<string, string> {
  const { origin } = new URL(page.url)
  return {
    origin: page.referrerPolicy === 'no-referrer' ? 'null' : origin,
    'sec-fetch-site': origin === action.origin ? 'same-origin' : 'cross-site',
  }
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status)
}

function isCallback(url: URL, redirectUri: string): boolean {
  const callback = new URL(redirectUri)
  return url.origin === callback.origin && url.pathname === callback.pathname
}
