/** What an `Authorization` header says to a resource server. */
export type BearerCredentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'malformed'; readonly error: 'invalid_request' | 'invalid_token' }

/** A token that is longer is refused before anybody decodes it. */
const longestToken = 16 * 1024

/** The scheme, first or behind other credentials: no character that the name of a scheme could go on with. */
const bearerScheme = /(?:^|,[ \t]*)bearer(?![\w!#$%&'*+.^`|~-])/i

/** `b64token` of RFC 6750 section 2.1. */
const bearer = /^bearer +([\w\-.~+/]+=*) *$/i

/**
 * Reads an `Authorization` header. Another scheme counts as no credentials; two tokens in one header, which is
 * also what two headers become on their way, are a malformed request.
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
