import type {
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client'

/** The state of an MCP client, and a browser that stops where the SDK sends the user. */
export class TutorialClient implements OAuthClientProvider {
  readonly redirectUrl = 'http://127.0.0.1:8976/callback'
  readonly clientMetadata = {
    client_name: 'Tutorial client',
    redirect_uris: [this.redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
  }
  /** The texts of the pages that the user saw. */
  readonly pagesSeen: string[] = []
  readonly #cookies = new Map<string, string>()
  #authorizationUrl = ''
  #registration: StoredOAuthClientInformation | undefined
  #tokens: StoredOAuthTokens | undefined
  #codeVerifier = ''
  #discovery: OAuthDiscoveryState | undefined

  clientInformation = () => this.#registration
  saveClientInformation = (registration: StoredOAuthClientInformation) => {
    this.#registration = registration
  }
  tokens = () => this.#tokens
  saveTokens = (tokens: StoredOAuthTokens) => {
    this.#tokens = tokens
  }
  codeVerifier = () => this.#codeVerifier
  saveCodeVerifier = (codeVerifier: string) => {
    this.#codeVerifier = codeVerifier
  }
  discoveryState = () => this.#discovery
  saveDiscoveryState = (discovery: OAuthDiscoveryState) => {
    this.#discovery = discovery
  }
  redirectToAuthorization = ({ href }: URL) => {
    this.#authorizationUrl = href
  }

  /** Follows redirects and fills in forms until the browser is back at the client. Returns its query. */
  async visit(fields: Readonly<Record<string, string>>): Promise<URLSearchParams> {
    let url = this.#authorizationUrl
    let form: URLSearchParams | undefined
    for (let pages = 0; pages < 10; pages++) {
      const response = await this.#send(url, form)
      form = undefined
      const location = response.headers.get('location')
      if (location === null) {
        const page = await response.text()
        if (!response.ok) throw new Error(`${url} shows an error: ${page}`)
        this.pagesSeen.push(page)
        url = new URL(/<form[^>]* action="([^"]+)"/.exec(page)?.[1] ?? url, url).href
        form = filledIn(page, fields)
      } else {
        url = new URL(location, url).href
        if (url.startsWith(this.redirectUrl)) return new URL(url).searchParams
      }
    }
    throw new Error('The browser was sent around in circles')
  }

  async #send(url: string, form: URLSearchParams | undefined): Promise<Response> {
    const cookie = [...this.#cookies].map((pair) => pair.join('=')).join('; ')
    const init = form === undefined ? {} : { method: 'POST', body: form }
    const response = await fetch(url, { ...init, headers: { cookie }, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      this.#cookies.set(name, value)
    }
    return response
  }
}

/** The fields of the only form of a page: hidden ones unchanged, the others as the user typed them. */
function filledIn(page: string, fields: Readonly<Record<string, string>>): URLSearchParams {
  const form = new URLSearchParams()
  for (const [tag, name = ''] of page.matchAll(/<(?:input|button)[^>]* name="([^"]+)"[^>]*>/g))
    form.set(name, fields[name] ?? /value="([^"]*)"/.exec(tag)?.[1] ?? '')
  return form
}
