import { urlOrigin } from '../options/url.js'

/** The origins whose web pages may call an endpoint; `'*'` for all. */
export type AllowedOrigins = readonly string[] | '*'

/** Whether pages of an origin may call. `origin` is the value of an `Origin` header. */
export type IsAllowedOrigin = (origin: string) => boolean

/** An origin as browsers write it; `null` for files and sandboxes. */
const originForm = /^(?:null|[a-z][a-z0-9+.-]*:\/\/[^\s/?#@\\*]+)$/

/** A loopback host with any port: the ports of development servers change. */
const anyLoopbackPort = /^(https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])):\*$/

/**
 * Checks a list of origins and returns a function that looks them up.
 *
 * @param own URLs of the server itself. Pages of their origins may always call.
 * @throws `TypeError`, naming the option, for a value that no browser sends as an origin.
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
  // Browsers send one spelling only. Any other would match nothing.
  const spelling =
    typeof origin === 'string' && /^https?:/i.test(origin) && URL.canParse(origin)
      ? urlOrigin(origin)
      : origin
  if (typeof origin !== 'string' || spelling !== origin || !originForm.test(origin)) {
    const remedy = typeof spelling === 'string' && originForm.test(spelling) ? ` Write "${spelling}".` : ''
    throw new TypeError(
      `${option} must be a list of origins such as "https://app.example.com", not ${JSON.stringify(origin)}.${remedy}`,
    )
  }
  return origin
}
