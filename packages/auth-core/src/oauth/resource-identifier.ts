/**
 * The form in which resource identifiers are compared: scheme and host in lower case, no default port, an empty path as
 * `/`. Trailing slashes of longer paths count, and a prefix does not match.
 *
 * @see [RFC 8707 section 2](https://www.rfc-editor.org/rfc/rfc8707.html#section-2)
 */
export function canonicalResource(resource: string): string {
  const match = /^(https?):\/\/([^/?#]*)(.*)$/is.exec(resource)
  if (match === null) return resource
  const [, scheme = '', authority = '', rest = ''] = match
  const lowerScheme = scheme.toLowerCase()
  const host = authority.toLowerCase().replace(lowerScheme === 'https' ? /:443$/ : /:80$/, '')
  return `${lowerScheme}://${host}${rest === '' ? '/' : rest}`
}

/** Whether two identifiers name the same resource. */
export function isSameResource(a: string, b: string): boolean {
  return a === b || canonicalResource(a) === canonicalResource(b)
}

/**
 * Whether `requested` is the resource with or without a trailing slash, or its origin, which is all that some users enter
 * in their client. Safe only if the server has a single resource.
 */
export function isSpellingOf(requested: string, resource: string): boolean {
  const asked = withoutTrailingSlash(canonicalResource(requested))
  const canonical = canonicalResource(resource)
  return asked === withoutTrailingSlash(canonical) || asked === /^https?:\/\/[^/?#]+/.exec(canonical)?.[0]
}

/** Only paths have trailing slashes: in a query or a fragment, a slash is an ordinary character. */
function withoutTrailingSlash(resource: string): string {
  return /^https?:[^?#]*\/$/.test(resource) ? resource.slice(0, -1) : resource
}
