/** A response as plain data. Adapters write it to their framework; `toWebResponse` makes a `Response`. */
export interface HttpResponse {
  readonly status: number
  /** Names in lower case. A list becomes several header fields. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string | undefined
}

type HeaderFields = HttpResponse['headers']

const jsonType = { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' }

/** RFC 6749 section 5.1 requires `pragma` besides `cache-control`. */
const noStore = { 'cache-control': 'no-store', pragma: 'no-cache' }

/** A JSON response that must not be cached: it has credentials or is an error. */
export function noStoreJson(status: number, document: object, headers: HeaderFields = {}): HttpResponse {
  return { status, headers: { ...jsonType, ...noStore, ...headers }, body: JSON.stringify(document) }
}

/** A public JSON document, such as metadata, that may be cached for `maxAge` seconds. */
export function cacheableJson(document: object, maxAge = 3600): HttpResponse {
  return {
    status: 200,
    headers: { ...jsonType, 'cache-control': `public, max-age=${maxAge}` },
    body: JSON.stringify(document),
  }
}

export function noStoreEmpty(status: number, headers: HeaderFields = {}): HttpResponse {
  return { status, headers: { ...noStore, ...headers } }
}

/** A redirect: 302 after a GET, 303 after a POST. 307 and 308 would resend the form (RFC 9700 section 4.12). */
export function redirect(status: 302 | 303, location: string): HttpResponse {
  return noStoreEmpty(status, { location, 'referrer-policy': 'no-referrer' })
}

export function withHeaders(response: HttpResponse, headers: HeaderFields): HttpResponse {
  return { ...response, headers: { ...response.headers, ...headers } }
}

export function toWebResponse(response: HttpResponse): Response {
  const headers = new Headers()
  for (const [name, value] of Object.entries(response.headers)) {
    if (typeof value === 'string') headers.set(name, value)
    else for (const one of value) headers.append(name, one)
  }
  return new Response(response.body ?? null, { status: response.status, headers })
}

/** Reads an application's `Response`, for example a login page, into plain data. */
export async function fromWebResponse(response: Response): Promise<HttpResponse> {
  // `Response.error()` has the status 0.
  if (response.status < 200)
    throw new TypeError(`a Response with the status ${response.status} cannot be sent`)
  const headers: Record<string, string | readonly string[]> = Object.fromEntries(response.headers)
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) headers['set-cookie'] = cookies
  return {
    status: response.status,
    headers,
    body: response.body === null ? undefined : await response.text(),
  }
}
