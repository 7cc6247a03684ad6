/**
 * Checks a URL of the configuration and answers it unchanged: what the operator wrote is what documents carry,
 * byte for byte. `URL.href` would add a slash to an origin, and clients compare issuers as strings.
 *
 * @param allowInsecure What the option `dangerouslyAllowInsecureUrls` says, where there is one: an error then names it.
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

/** What a URL of the configuration must be or have and does not, in words that follow "must". */
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

/** What to do about an http URL in a place that nobody else can reach. */
export const insecureUrlAdvice =
  'Tokens would travel in the clear. On a private network, set "dangerouslyAllowInsecureUrls: true"'

/** The hosts that stay on the machine, as `URL.hostname` spells them. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}

/** `https://host/base` and `/path` as one URL with one slash between them; the base alone for an empty path. */
export function joinUrl(base: string, path: string | null): string {
  const trimmedBase = base.replace(/\/+$/, '')
  const trimmedPath = (path ?? '').replace(/^\/+/, '')
  return trimmedPath === '' ? trimmedBase : `${trimmedBase}/${trimmedPath}`
}

/** The path of a URL as it was written, empty for an origin. */
export function urlPath(url: string): string {
  const path = url.replace(/^[a-z]+:\/\/[^/]*/i, '')
  return path === '/' ? '' : path
}

/** The origin of a URL, in the canonical spelling. */
export function urlOrigin(url: string): string {
  return new URL(url).origin
}
