/** The shortest freshness, in seconds: requests that follow each other cause one fetch. */
const shortest = 60
/** The longest: removing a key or a redirect URI takes effect within a day. */
const longest = 24 * 3600
/** Without caching headers. */
const usual = 300

/** How long a document is fresh, and whether it may be used for longer if its website is down. */
export interface Freshness {
  readonly seconds: number
  readonly mayKeep: boolean
}

/**
 * Reads the caching headers of a response, within our bounds. A document with `no-store` is cached only for the flow that
 * fetched it, which needs it more than once.
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

/** A number that is too large counts as 2^31 (RFC 9111 section 1.2.2), and never as `Infinity`. */
function seconds(text: string | undefined): number | undefined {
  const digits = /^"?(\d+)"?$/.exec(text?.trim() ?? '')?.[1]
  return digits === undefined ? undefined : Math.min(Number(digits), 2 ** 31)
}

/** By the clock of the website. An invalid `Expires`, such as `0`, has passed. */
function untilExpiry(headers: Headers): number | undefined {
  const expires = headers.get('expires')
  if (expires === null) return undefined
  const milliseconds = Date.parse(expires) - Date.parse(headers.get('date') ?? '')
  return Number.isNaN(milliseconds) ? 0 : milliseconds / 1000
}
