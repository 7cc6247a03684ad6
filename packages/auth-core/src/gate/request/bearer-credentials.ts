/** The content of an `Authorization` header. */
export type BearerCredentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'malformed'; readonly error: 'invalid_request' | 'invalid_token' }

/** Longer tokens are refused before they are decoded. In characters. */
const longestToken = 16 * 1024

/** The scheme, at the start or after other credentials. A longer name is another scheme. */
const bearerScheme = /(?:^|,[ \t]*)bearer(?![\w!#$%&'*+.^`|~-])/i

/** `b64token` of RFC 6750 section 2.1. */
const bearer = /^bearer +([\w\-.~+/]+=*) *$/i

/**
 * Reads an `Authorization` header. Another scheme counts as no credentials. Two tokens in one header are malformed: two
 * headers may be joined on their way.
 *
 * @see [RFC 6750 section 2.1](https://www.rfc-editor.org/rfc/rfc6750.html#section-2.1)
 */
export function readBearerCredentials(authorization: string | undefined): BearerCredentials {
  if (authorization === undefined || !bearerScheme.test(authorization)) return { kind: 'none' }
  if (authorization.length > longestToken) return { kind: 'malformed', error: 'invalid_token' }
  const token = bearer.exec(authorization)?.[1]
  if (token !== undefined) return { kind: 'token', token }
  const parts = authorization.trim().split(/[ ,]+/)
  return { kind: 'malformed', error: parts.length > 2 ? 'invalid_request' : 'invalid_token' }
}
