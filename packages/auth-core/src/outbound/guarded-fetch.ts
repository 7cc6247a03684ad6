import { unlessAborted } from './deadline.js'
import { NotPublic, RedirectRefused, UnusableBody } from './fetch-errors.js'
import type { Fetch } from './fetch-json.js'
import { FetchSlots } from './fetch-slots.js'
import { publicUrlProblem } from './public-url.js'
import { shownUrl } from './shown-url.js'

/** The limits of `guardedFetch`. */
export interface FetchLimits {
  /** Seconds for the whole exchange, the body included. */
  readonly timeout: number
  /** The largest body that is read, in bytes, after decompression. Callers have lower limits of their own. */
  readonly body: number
  /** The most concurrent exchanges. */
  readonly atOnce: number
  /** The most concurrent exchanges with one host. */
  readonly atOncePerHost: number
}

const defaultLimits: FetchLimits = { timeout: 5, body: 128 * 1024, atOnce: 32, atOncePerHost: 8 }

/**
 * Returns a `fetch` for URLs that clients choose. It checks the URL, sends a plain GET, and limits time, size and the
 * number of concurrent exchanges. It rejects for redirects.
 *
 * Does **not** check the address of a host: `connect` must do that. Of `init`, it uses only the signal and the headers
 * `accept` and `if-none-match`.
 */
export function guardedFetch(connect: Fetch, limits: Partial<FetchLimits> = {}): Fetch {
  const { timeout, body, atOnce, atOncePerHost } = { ...defaultLimits, ...limits }
  const slots = new FetchSlots(atOnce, atOncePerHost)
  return async function fetchPublic(url, init) {
    const problem = publicUrlProblem(url)
    if (problem !== undefined) throw new NotPublic(`${shownUrl(url)} ${problem}`)
    const release = slots.take(new URL(url).hostname)
    try {
      const deadline = AbortSignal.timeout(timeout * 1000)
      const signal = init.signal ? AbortSignal.any([init.signal, deadline]) : deadline
      const request = { method: 'GET', headers: requestHeaders(init), redirect: 'manual', signal } as const
      const response = await unlessAborted(signal, () => connect(url, request))
      if (isRedirect(response)) {
        await response.body?.cancel()
        throw new RedirectRefused(`${shownUrl(url)} responded with a redirect`)
      }
      return bounded(response, { url, limit: body, signal, release })
    } catch (error) {
      release()
      throw error
    }
  }
}

function requestHeaders(init: RequestInit): Record<string, string> {
  const asked = new Headers(init.headers)
  const etag = asked.get('if-none-match')
  return {
    accept: asked.get('accept') ?? 'application/json',
    'user-agent': 'tollgate',
    ...(etag === null ? {} : { 'if-none-match': etag }),
  }
}

/** Includes redirects that were followed, and those that the runtime hides: only their type shows it. */
function isRedirect({ status, redirected, type }: Response): boolean {
  return redirected || type === 'opaqueredirect' || (status >= 300 && status < 400 && status !== 304)
}

interface Bound {
  readonly url: string
  readonly limit: number
  readonly signal: AbortSignal
  readonly release: () => void
}

/** The response with a limited body. Releases the slot when the body ends. */
function bounded({ status, headers, body }: Response, { url, limit, signal, release }: Bound): Response {
  if (body === null) {
    release()
    return new Response(null, { status, headers })
  }
  let size = 0
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      size += chunk.byteLength
      if (size > limit) throw new UnusableBody(`${shownUrl(url)} responded with more than ${limit} bytes`)
      controller.enqueue(chunk)
    },
  })
  body.pipeTo(writable, { signal }).then(release, release)
  return new Response(readable, { status, headers })
}
