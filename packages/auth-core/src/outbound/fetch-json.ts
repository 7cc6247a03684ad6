import { isTooDeep } from '../http/json-depth.js'
import { unlessAborted } from './deadline.js'
import { RedirectRefused, UnusableBody } from './fetch-errors.js'
import { isNotFound, NotFound } from './not-found.js'
import { shownUrl } from './shown-url.js'

/** A function like the global `fetch`. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export interface FetchJsonOptions {
  readonly fetch?: Fetch | undefined
  /** Seconds for the whole exchange. Default: 5. */
  readonly timeout?: number | undefined
  /** A deadline that several exchanges share, instead of `timeout`. */
  readonly signal?: AbortSignal | undefined
  /** The largest body that is read, in bytes. Default: 128 KiB. */
  readonly limit?: number | undefined
  /** The body of a POST request. Default: a GET request. */
  readonly form?: URLSearchParams | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** The response of a server, with a document if the status is 200. */
export interface JsonResponse {
  readonly status: number
  readonly headers: Headers
  readonly document?: unknown
}

/**
 * Fetches a JSON document from a configured URL. Limits time and size, and follows no redirects.
 *
 * Does **not** refuse private addresses: the operator's identity provider may have one. A URL that a client chose needs
 * the `fetch` of `AuthorizationServer.fetchPublic`.
 *
 * @throws `NotFound` for 404 and 410, `Error` for anything else but 200 with JSON. The message names the URL without its
 * query, and the status, but nothing that was sent.
 */
export async function fetchJson(url: string, options: FetchJsonOptions = {}): Promise<unknown> {
  const { status, document } = await exchangeJson(url, options)
  if (status !== 200)
    throw new (isNotFound(status) ? NotFound : Error)(`${shownUrl(url)} responded ${status}`)
  return document
}

/**
 * The same, with status and headers.
 *
 * @throws `Error` for a redirect that was followed, and for 200 without JSON, or with JSON that is nested too deeply.
 */
export async function exchangeJson(url: string, options: FetchJsonOptions = {}): Promise<JsonResponse> {
  const { fetch = globalThis.fetch, limit = 128 * 1024, form, headers } = options
  const { timeout = 5, signal = AbortSignal.timeout(timeout * 1000) } = options
  const request = {
    method: form === undefined ? 'GET' : 'POST',
    headers: {
      accept: 'application/json',
      ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      ...headers,
    },
    ...(form === undefined ? {} : { body: form.toString() }),
    // Without credentials and referrer: servers have neither, and some runtimes refuse these members.
    redirect: 'manual',
    signal,
  } as const
  return unlessAborted(signal, async () => {
    const response = await fetch(url, request)
    const { status, redirected } = response
    if (status !== 200 || redirected) {
      await response.body?.cancel()
      // A `fetch` of the application may follow redirects even if told not to.
      if (redirected) throw new RedirectRefused(`${shownUrl(url)} redirected to another URL`)
      return { status, headers: response.headers }
    }
    const document = parseJson(await readText(response, url, limit))
    if (document === undefined || isTooDeep(document))
      throw new UnusableBody(`${shownUrl(url)} responded without JSON, or nested it too deeply`)
    return { status, headers: response.headers, document }
  })
}

async function readText(response: Response, url: string, limit: number): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  let size = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > limit) throw new UnusableBody(`${shownUrl(url)} responded with more than ${limit} bytes`)
    text += decoded(() => decoder.decode(chunk, { stream: true }), url)
  }
  return text + decoded(() => decoder.decode(), url)
}

function decoded(decode: () => string, url: string): string {
  try {
    return decode()
  } catch (cause) {
    throw new UnusableBody(`${shownUrl(url)} responded with text that is not UTF-8`, { cause })
  }
}

/** The error of the parser would quote the body, and failing servers often repeat the request in it. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
