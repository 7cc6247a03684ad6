/** However short a client says its document is good: requests that follow each other make one fetch, in seconds. */
const shortest = 60
/** However long it says: a client that withdraws a key or a redirect URI must be heard within a day. */
const longest = 24 * 3600
/** If it does not say. */
const usual = 300

/** How long a document is good, and whether it may be kept for longer than that in case its source is down. */
export interface Freshness {
  readonly seconds: number
  readonly mayKeep: boolean
}

/**
 * Reads what a response says about caching, within our bounds. `no-store` is kept for the flow that asked for it, which
 * needs it more than once, and no longer.
 *
 * @see [RFC 9111 section 4.2](https://www.rfc-editor.org/rfc/rfc9111.html#section-4.2)
 */
export function freshnessOf(headers: Headers): Freshness {
  const directives = (headers.get('cache-control') ?? '').toLowerCase().split(',')
  const named = new Map(directives.map((one) => one.trim().split('=', 2) as [string, string | undefined]))
  if (named.has('no-store')) return { seconds: shortest, mayKeep: false }
  const lifetime = named.has('no-cache') ? 0 : (seconds(named.get('max-age')) ?? untilExpiry(headers))
  const age = seconds(headers.get('age') ?? undefined) ?? 0
  const left = lifetime === undefined ? usual : lifetime - age
  return { seconds: Math.min(Math.max(left, shortest), longest), mayKeep: true }
}

/** What is too large to be a number of seconds is many of them (RFC 9111 section 1.2.2), and never `Infinity`. */
function seconds(text: string | undefined): number | undefined {
  const digits = /^"?(\d+)"?$/.exec(text?.trim() ?? '')?.[1]
  return digits === undefined ? undefined : Math.min(Number(digits), 2 ** 31)
}

/** By the clock of the server that answered. An `Expires` that is no date, such as `0`, has passed. */
function untilExpiry(headers: Headers): number | undefined {
  const expires = headers.get('expires')
  if (expires === null) return undefined
  const milliseconds = Date.parse(expires) - Date.parse(headers.get('date') ?? '')
  return Number.isNaN(milliseconds) ? 0 : milliseconds / 1000
}
