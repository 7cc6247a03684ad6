/** Schemes that run code, read files or mean nothing to a browser as a place to go to. */
const neverAllowed = /^(?:javascript|data|vbscript|file|blob|about|filesystem|view-source):/i

const longestRedirectUri = 2048

/** Parameters of the response: one that is in the registered URI already would be there twice (OAuth 2.1). */
const responseParameters = new Set(['code', 'state', 'iss', 'error', 'error_description', 'error_uri'])

/** Whether a URI is of a private-use scheme, and names a place in it: `scheme:/path` or `scheme://authority`. */
export function isPrivateUseUri(uri: string): boolean {
  return !/^https?:/i.test(uri) && /^[a-z][a-z0-9+.-]*:\/\/?[^/?]/i.test(uri)
}

/** Why a text is no redirect URI, whatever is allowed; the rest of a sentence. `undefined` if it is one. */
export function malformation(uri: string): string | undefined {
  if (uri.length > longestRedirectUri) return 'is too long'
  if (/[^\x21-\x7e]|[\\"<>^`{|}]/.test(uri)) return 'contains characters that a URI cannot have'
  if (neverAllowed.test(uri) || !URL.canParse(uri)) return 'is not an absolute URI that can be redirected to'
  const url = new URL(uri)
  if (uri.includes('#')) return 'has a fragment'
  if (uri.includes('*')) return 'has a wildcard'
  // On the raw text: a parser forgets user information that is empty.
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
 * Whether a requested redirect URI is a registered one: the same string, or, for http on loopback, the same but
 * for the port, which native clients learn only when they listen.
 *
 * @see [RFC 8252 section 7.3](https://www.rfc-editor.org/rfc/rfc8252.html#section-7.3)
 */
export function isSameRedirectUri(registered: string, requested: string): boolean {
  if (registered === requested) return true
  const a = loopbackParts(registered)
  const b = loopbackParts(requested)
  return a !== undefined && b !== undefined && a.host === b.host && a.rest === b.rest
}

/** Whether the port may vary: then the registered string does not say where the client listens. */
export function isLoopbackRedirectUri(uri: string): boolean {
  return loopbackParts(uri) !== undefined
}

/** Works on the raw text: a parser would forgive user information, other spellings and backslashes. */
function loopbackParts(uri: string): { host: string; rest: string } | undefined {
  const match = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(?::(\d{1,5}))?([/?][^#]*)?$/.exec(uri)
  if (match === null || Number(match[2] ?? 80) > 65535) return undefined
  return { host: match[1] ?? '', rest: match[3] ?? '' }
}
