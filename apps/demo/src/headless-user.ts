import { type HtmlForm, readForms, readText, readTitle } from './html-form.js'

export interface Visit {
  /** Where the client waits for the answer: the browser stops there. */
  readonly redirectUri: string
  /** Whether the user allows what the consent page asks for. */
  readonly decision?: 'allow' | 'deny'
}

/**
 * A person with a browser, without the browser: follows redirects, keeps cookies, and presses the buttons of the
 * sign-in and consent pages with what is filled in there.
 */
export class HeadlessUser {
  /** What the user has seen and pressed, for people to read. */
  readonly diary: string[] = []
  readonly #cookies = new Map<string, Map<string, string>>()
  readonly #answers = new Map<string, string>()

  /** Types something over what is filled in, wherever a form has a field of that name. */
  fillIn(field: string, value: string): void {
    this.#answers.set(field, value)
  }

  /** Opens the URL that a client wants the user to visit, and answers the callback URL that the visit ends at. */
  async visit(url: URL | string, { redirectUri, decision = 'allow' }: Visit): Promise<URL> {
    let request = new Request(url)
    for (let pages = 0; pages < 20; pages++) {
      const response = await this.#send(request)
      const location = response.headers.get('location')
      if (isRedirect(response.status) && location !== null) {
        await response.body?.cancel()
        const next = new URL(location, request.url)
        if (isCallback(next, redirectUri)) return next
        // Every redirect of this flow goes on with GET, also a 302 after a POST: browsers do the same.
        request = new Request(next)
        continue
      }
      request = this.#pressButton(await readPage(response, request.url), decision)
    }
    throw new Error('The browser was sent around in circles')
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
    if (form === undefined) throw new Error(`There is no button on the page "${page.title}": ${page.text}`)
    const button = chooseButton(form, decision)
    this.diary.push(`saw "${page.title}" and pressed "${button.label}"`)
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
  if (!response.ok) throw new Error(`The browser was shown an error page (${response.status}): ${text}`)
  const referrerPolicy = response.headers.get('referrer-policy')
  return { url, title: readTitle(html), text, forms: readForms(html), referrerPolicy }
}

function chooseButton({ buttons }: HtmlForm, decision: 'allow' | 'deny'): HtmlForm['buttons'][number] {
  const wanted = decision === 'allow' ? /allow|approve|accept|authori[sz]e/i : /deny|cancel|refuse|reject/i
  const button = buttons.find(({ label, value }) => wanted.test(label) || wanted.test(value)) ?? buttons[0]
  if (button === undefined) throw new Error('The form has no button')
  return button
}

/** What a browser says about where a form comes from; servers tell their own pages from others' by it. */
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
