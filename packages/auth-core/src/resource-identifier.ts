/**
 * The form in which resource identifiers are compared: scheme and host in lower case, no default port, an empty
 * path as `/`. Nothing else is tolerated: not another trailing slash, not a prefix.
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
