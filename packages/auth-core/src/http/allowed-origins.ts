import { urlOrigin } from '../options/url.js'

/** The web pages that may call an endpoint, by their origin; `'*'` for all of them. */
export type AllowedOrigins = readonly string[] | '*'

/** Whether the pages of an origin may call: `origin` is the value of an `Origin` header. */
export type IsAllowedOrigin = (origin: string) => boolean

/** An origin as browsers write it, or `null`, which is what they write for files and for sandboxes. */
const originForm = /^(?:null|[a-z][a-z0-9+.-]*:\/\/[^\s/?#@\\*]+)$/

/** A loopback host with any port: development servers and their tools change theirs. */
const anyLoopbackPort = /^(https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])):\*$/

/**
 * Reads a list of origins.
 *
 * @param own URLs of the server itself, whose pages are of the same origin and may always call.
 * @throws `TypeError`, naming the option, for what no browser sends as an origin.
 */
export function checkedOrigins(
  option: string,
  origins: AllowedOrigins,
  own: readonly (string | undefined)[],
): IsAllowedOrigin {
  if (origins === '*') return () => true
  if (!Array.isArray(origins))
    throw new TypeError(`${option} must be "*" or a list of origins such as "https://app.example.com".`)
  const exact = new Set(own.flatMap((url = '') => (URL.canParse(url) ? [urlOrigin(url)] : [])))
  const withAnyPort: string[] = []
  for (const origin of origins as readonly unknown[]) {
    const loopback = typeof origin === 'string' ? anyLoopbackPort.exec(origin)?.[1] : undefined
    if (loopback !== undefined) withAnyPort.push(loopback)
    else exact.add(checkedOrigin(option, origin))
  }
  return (origin) =>
    exact.has(origin) || withAnyPort.some((host) => origin === host || isPortOf(host, origin))
}

function isPortOf(host: string, origin: string): boolean {
  return origin.startsWith(`${host}:`) && /^\d{1,5}$/.test(origin.slice(host.length + 1))
}

function checkedOrigin(option: string, origin: unknown): string {
  // A browser never sends another spelling, so one would match nothing.
  const spelling =
    typeof origin === 'string' && /^https?:/i.test(origin) && URL.canParse(origin)
      ? urlOrigin(origin)
      : origin
  if (typeof origin !== 'string' || spelling !== origin || !originForm.test(origin)) {
    const remedy = typeof spelling === 'string' && originForm.test(spelling) ? ` Write "${spelling}".` : ''
    throw new TypeError(
      `${option} must be a list of origins such as "https://app.example.com", and ${JSON.stringify(origin)} is not one.${remedy}`,
    )
  }
  return origin
}
