import { isTooDeep } from '../http/json-depth.js'
import { unlessAborted } from './deadline.js'
import { RedirectRefused, UnusableBody } from './fetch-errors.js'
import { isNotFound, NotFound } from './not-found.js'
import { shownUrl } from './shown-url.js'

/** Answers like the global `fetch`. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export interface FetchJsonOptions {
  readonly fetch?: Fetch | undefined
  /** Seconds for the whole exchange. Default: 5. */
  readonly timeout?: number | undefined
  /** A deadline that several exchanges share, in place of `timeout`. */
  readonly signal?: AbortSignal | undefined
  /** The largest body that is read, in bytes. Default: 128 KiB. */
  readonly limit?: number | undefined
  /** What is sent, if it is a POST. */
  readonly form?: URLSearchParams | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** What a server answered. There is a document if the status is 200. */
export interface JsonResponse {
  readonly status: number
  readonly headers: Headers
  readonly document?: unknown
}

/**
 * Fetches a JSON document from a URL of the configuration: bounded in time and size, and without following
 * redirects.
 *
 * Does **not** refuse private addresses: an operator's own identity provider may live at one. A URL that a
 * client chose needs the `fetch` of `AuthorizationServer.fetchPublic`.
 *
 * @throws `Error` for anything but a 200 with JSON of a sensible depth, `NotFound` for an answer that there is none.
 * Its message names the URL without its query, and the status, nothing that was sent.
 */
export async function fetchJson(url: string, options: FetchJsonOptions = {}): Promise<unknown> {
  const { status, document } = await exchangeJson(url, options)
  if (status !== 200) throw new (isNotFound(status) ? NotFound : Error)(`${shownUrl(url)} answered ${status}`)
  return document
}

/**
 * The same for those who have to know more than the document.
 *
 * @throws `Error` for a redirect that was followed, and for a 200 without JSON of a sensible depth.
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
    // Nothing about credentials and referrers: servers have neither, and some runtimes refuse the members.
    redirect: 'manual',
    signal,
  } as const
  return unlessAborted(signal, async () => {
    const response = await fetch(url, request)
    const { status, redirected } = response
    if (status !== 200 || redirected) {
      await response.body?.cancel()
      // A `fetch` of the application's own may follow redirects, whatever it was told.
      if (redirected) throw new RedirectRefused(`${shownUrl(url)} answered elsewhere`)
      return { status, headers: response.headers }
    }
    const document = parseJson(await readText(response, url, limit))
    if (document === undefined || isTooDeep(document))
      throw new UnusableBody(`${shownUrl(url)} did not answer sensible JSON`)
    return { status, headers: response.headers, document }
  })
}

async function readText(response: Response, url: string, limit: number): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  let size = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > limit) throw new UnusableBody(`${shownUrl(url)} answered more than ${limit} bytes`)
    text += decoded(() => decoder.decode(chunk, { stream: true }), url)
  }
  return text + decoded(() => decoder.decode(), url)
}

function decoded(decode: () => string, url: string): string {
  try {
    return decode()
  } catch (cause) {
    throw new UnusableBody(`${shownUrl(url)} answered text that is not UTF-8`, { cause })
  }
}

/** The parser's own error would quote the text, and servers that fail like to repeat what they were sent. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
