import { createHash, randomBytes } from 'node:crypto'

/** A client and a user at HTTP level: a test can change every part of each request. */

export interface RegisteredClient {
  readonly client_id: string
  readonly client_secret?: string
  readonly redirect_uris: string[]
  readonly [name: string]: unknown
}

export const callback = 'http://127.0.0.1:7777/callback'

export const verifier = randomBytes(32).toString('base64url')
export const challenge = createHash('sha256').update(verifier).digest('base64url')

/** Sends a form with values that may repeat. */
export function postForm(
  url: string,
  form: Record<string, string | readonly string[]> | string,
  headers: Record<string, string> = {},
): Promise<Response> {
  const pairs =
    typeof form === 'string'
      ? form
      : new URLSearchParams(
          Object.entries(form).flatMap(([name, value]) =>
            [value].flat().map((one): [string, string] => [name, one as string]),
          ),
        ).toString()
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: pairs,
    redirect: 'manual',
  })
}

export async function register(
  origin: string,
  metadata: Record<string, unknown> = {},
): Promise<RegisteredClient> {
  const response = await fetch(`${origin}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: 'Test client',
      redirect_uris: [callback],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'none',
      ...metadata,
    }),
  })
  if (response.status !== 201)
    throw new Error(`The registration failed: ${response.status} ${await response.text()}`)
  return (await response.json()) as RegisteredClient
}

/** The parameters of a valid authorization request. `undefined` omits one. */
export function authorizationUrl(
  origin: string,
  client: RegisteredClient,
  changes: Record<string, string | readonly string[] | undefined> = {},
): string {
  const parameters: Record<string, string | readonly string[] | undefined> = {
    client_id: client.client_id,
    redirect_uri: client.redirect_uris[0],
    response_type: 'code',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: 'st@te+ /%',
    ...changes,
  }
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of value === undefined ? [] : [value].flat()) query.append(name, one as string)
  }
  return `${origin}/authorize?${query}`
}

/** A browser with cookies that follows no redirect by itself. */
export class Browser {
  readonly cookies = new Map<string, string>()

  constructor(user?: string) {
    if (user !== undefined) this.cookies.set('user', user)
  }

  async open(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    if (!headers.has('accept')) headers.set('accept', 'text/html')
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    if (cookie !== '') headers.set('cookie', cookie)
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const setCookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(setCookie) ?? []
      this.cookies.set(name, value)
    }
    return response
  }

  /** Presses a button of the consent page. */
  async answer(
    origin: string,
    page: string,
    decision: string,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const action = /<form method="post" action="([^"]+)"/.exec(page)?.[1] ?? '/consent'
    return this.open(new URL(action, origin).href, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
        ...headers,
      },
      body: new URLSearchParams({ transaction: transactionOf(page), decision }),
    })
  }
}

export function transactionOf(page: string): string {
  return /name="transaction" value="([^"]+)"/.exec(page)?.[1] ?? ''
}

/** Signs a user in, allows the client, and returns where the browser is redirected. */
export async function authorizeInBrowser(
  origin: string,
  client: RegisteredClient,
  changes: Record<string, string | readonly string[] | undefined> = {},
  browser: Browser = new Browser('alice'),
): Promise<URL> {
  const page = await browser.open(authorizationUrl(origin, client, changes))
  if (page.status !== 200)
    throw new Error(`The response is not a consent page: ${page.status} ${page.headers.get('location')}`)
  const answer = await browser.answer(origin, await page.text(), 'allow')
  const location = answer.headers.get('location')
  if (location === null)
    throw new Error(`The response is not a redirect: ${answer.status} ${await answer.text()}`)
  return new URL(location)
}

/** A fresh authorization code. */
export async function newCode(
  origin: string,
  client: RegisteredClient,
  changes: Record<string, string | readonly string[] | undefined> = {},
  browser?: Browser,
): Promise<string> {
  const code = (await authorizeInBrowser(origin, client, changes, browser)).searchParams.get('code')
  if (code === null) throw new Error('The redirect has no code')
  return code
}

export interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
  readonly expires_in: number
  readonly token_type: string
  readonly scope?: string
}

/** The form of a valid code redemption by a public client. */
export function codeForm(client: RegisteredClient, code: string): Record<string, string> {
  return {
    grant_type: 'authorization_code',
    client_id: client.client_id,
    code,
    redirect_uri: client.redirect_uris[0] ?? '',
    code_verifier: verifier,
  }
}

export function refreshForm(client: RegisteredClient, refreshToken: string): Record<string, string> {
  return { grant_type: 'refresh_token', client_id: client.client_id, refresh_token: refreshToken }
}

/** Tokens of a complete sign-in with a public client. */
export async function newTokens(
  origin: string,
  client: RegisteredClient,
  changes: Record<string, string | readonly string[] | undefined> = {},
): Promise<Tokens> {
  const response = await postForm(`${origin}/token`, codeForm(client, await newCode(origin, client, changes)))
  if (response.status !== 200)
    throw new Error(`The response has no tokens: ${response.status} ${await response.text()}`)
  return (await response.json()) as Tokens
}

/** Calls the protected endpoint. */
export function callMcp(
  origin: string,
  token: string | undefined,
  init: RequestInit = {},
): Promise<Response> {
  return fetch(`${origin}/mcp`, {
    method: 'POST',
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
    ...init,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(init.headers as Record<string, string> | undefined),
    },
  })
}
