/** Schemes that run code, read files, or lead nowhere in a browser. */
const neverAllowed = /^(?:javascript|data|vbscript|file|blob|about|filesystem|view-source):/i

const longestRedirectUri = 2048

/** Response parameters. In the registered URI, they would appear twice (OAuth 2.1). */
const responseParameters = new Set(['code', 'state', 'iss', 'error', 'error_description', 'error_uri'])

/** Whether a URI has a private-use scheme and a path or an authority: `scheme:/path` or `scheme://authority`. */
export function isPrivateUseUri(uri: string): boolean {
  return !/^https?:/i.test(uri) && /^[a-z][a-z0-9+.-]*:\/\/?[^/?]/i.test(uri)
}

/** Why a text is not a redirect URI at all, as the rest of a sentence. `undefined` if it is one. */
export function malformation(uri: string): string | undefined {
  if (uri.length > longestRedirectUri) return 'is too long'
  if (/[^\x21-\x7e]|[\\"<>^`{|}]/.test(uri)) return 'contains characters that a URI cannot have'
  if (neverAllowed.test(uri) || !URL.canParse(uri)) return 'is not an absolute URI that can be redirected to'
  const url = new URL(uri)
  if (uri.includes('#')) return 'has a fragment'
  if (uri.includes('*')) return 'has a wildcard'
  // On the raw text: URL parsers drop empty user information.
  if (/^[^/?#]*\/\/[^/?#]*@/.test(uri) || url.username !== '') return 'has user information'
  if ([...url.searchParams.keys()].some((name) => responseParameters.has(name))) {
    return 'has a query parameter that the authorization response uses'
  }
  if (/^https?:/i.test(uri) && !/^https?:\/\/[^/]/i.test(uri)) {
    return 'is not an absolute URI that can be redirected to'
  }
  return undefined
}

/**
 * Whether a requested redirect URI equals a registered one. For http on loopback, the port may differ, because native
 * clients learn it only when they listen.
 *
 * @see [RFC 8252 section 7.3](https://www.rfc-editor.org/rfc/rfc8252.html#section-7.3)
 */
export function isSameRedirectUri(registered: string, requested: string): boolean {
  if (registered === requested) return true
  const a = loopbackParts(registered)
  const b = loopbackParts(requested)
  return a !== undefined && b !== undefined && a.host === b.host && a.rest === b.rest
}

/** Whether the port of a redirect URI may vary. Then the registered URI does not tell which port the client listens on. */
export function isLoopbackRedirectUri(uri: string): boolean {
  return loopbackParts(uri) !== undefined
}

/** Reads the raw text: a URL parser would accept user information, other spellings and backslashes. */
function loopbackParts(uri: string): { host: string; rest: string } | undefined {
  const match = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(?::(\d{1,5}))?([/?][^#]*)?$/.exec(uri)
  if (match === null || Number(match[2] ?? 80) > 65535) return undefined
  return { host: match[1] ?? '', rest: match[3] ?? '' }
}
