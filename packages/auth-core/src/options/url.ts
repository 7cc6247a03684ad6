/**
 * Checks a configured URL and returns it unchanged. `URL.href` would add a slash to an origin, and clients compare issuers
 * as strings.
 *
 * @param allowInsecure The value of the option `dangerouslyAllowInsecureUrls`, if there is one. Errors then name it.
 * @throws `TypeError`, naming the option, unless it is an absolute https URL (http on loopback, or with
 * `allowInsecure`) without query, fragment and user information.
 * @see [RFC 8414 section 2](https://www.rfc-editor.org/rfc/rfc8414.html#section-2)
 */
export function checkedUrl(
  option: string,
  value: string,
  { allowInsecure }: { readonly allowInsecure?: boolean } = {},
): string {
  const problem = urlProblem(value, allowInsecure)
  if (problem !== undefined) throw new TypeError(`"${option}" must ${problem}.`)
  return value
}

/** What a configured URL must be or have instead, in words that follow "must"; `undefined` for a valid one. */
export function urlProblem(value: unknown, allowInsecure: boolean | undefined): string | undefined {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
  const written = String(value)
  if (url === undefined || !/^https?:\/\/[^/?#\\]/i.test(written) || /[^\x21-\x7e]|[\\"]/.test(written))
    return 'be an absolute URL'
  if (/[?#]/.test(written)) return 'have no query and no fragment'
  if (url.username !== '' || url.password !== '') return 'have no user name and no password'
  if (url.protocol !== 'https:' && !isLoopbackHost(url.hostname) && allowInsecure !== true) {
    const advice = allowInsecure === undefined ? '' : `. ${insecureUrlAdvice}`
    return `be an https URL (http is for loopback only)${advice}`
  }
  return undefined
}

/** What to do about an http URL on a private network. */
export const insecureUrlAdvice =
  'Tokens would travel in the clear. On a private network, set "dangerouslyAllowInsecureUrls: true"'

/** Whether a host is on this machine. `hostname` is as `URL.hostname` spells it. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}

/** Joins `https://host/base` and `/path` with one slash. Returns the base alone for an empty path. */
export function joinUrl(base: string, path: string | null): string {
  const trimmedBase = base.replace(/\/+$/, '')
  const trimmedPath = (path ?? '').replace(/^\/+/, '')
  return trimmedPath === '' ? trimmedBase : `${trimmedBase}/${trimmedPath}`
}

/** The path of a URL as it is written; empty for an origin. */
export function urlPath(url: string): string {
  const path = url.replace(/^[a-z]+:\/\/[^/]*/i, '')
  return path === '/' ? '' : path
}

/** The canonical origin of a URL. */
export function urlOrigin(url: string): string {
  return new URL(url).origin
}
