import type { HttpResponse } from './http-response.js'

/** What a page of another origin must be able to read to act on a refusal. */
const exposedHeaders = 'WWW-Authenticate, DPoP-Nonce, Retry-After, Mcp-Session-Id'

/**
 * Any origin may read the answer. That is safe because no answer depends on cookies: credentials are in the
 * request itself. Never combined with `access-control-allow-credentials`.
 */
export const corsHeaders = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': exposedHeaders,
} as const

/** Always allowed. By name, because `*` would not cover `Authorization` (Fetch, CORS-preflight). */
const knownRequestHeaders = [
  'Authorization',
  'Content-Type',
  'Accept',
  'DPoP',
  'MCP-Protocol-Version',
  'Mcp-Session-Id',
  'Mcp-Method',
  'Mcp-Name',
  'Last-Event-ID',
]
const alwaysAllowed = knownRequestHeaders.join(', ')

/** How many further names are allowed at most, and how long one may be, so that a response stays small. */
const furtherNames = 64
const longestName = 128

/** A field name (RFC 9110 section 5.1). Not `*`, which means every name here. */
const fieldName = /^(?!\*$)[\w!#$%&'*+.^`|~-]+$/

/**
 * The names that a preflight allows: those that MCP and OAuth clients are known to send, and those that it asked for.
 * A client may send any header, because no response depends on one that the client's own page did not set.
 *
 * @param asked The value of `Access-Control-Request-Headers`.
 */
function allowedRequestHeaders(asked: string | undefined): string {
  if (asked === undefined) return alwaysAllowed
  const isKnown = (name: string) => knownRequestHeaders.some((known) => known.toLowerCase() === name)
  const further = asked
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name.length <= longestName && fieldName.test(name) && !isKnown(name))
  return [...knownRequestHeaders, ...new Set(further.slice(0, furtherNames))].join(', ')
}

/**
 * Responds to a CORS preflight, without authentication: browsers send none with it.
 *
 * @param asked The value of its `Access-Control-Request-Headers`. SDK v2 sends headers whose names a tool has chosen
 * (`Mcp-Param-*`), so no fixed list has all of them.
 */
export function preflightResponse(methods: readonly string[], asked: string | undefined): HttpResponse {
  return {
    status: 204,
    headers: {
      ...corsHeaders,
      'access-control-allow-methods': methods.join(', '),
      'access-control-allow-headers': allowedRequestHeaders(asked),
      'access-control-max-age': '600',
      vary: 'Access-Control-Request-Headers',
      allow: [...methods, 'OPTIONS'].join(', '),
    },
  }
}
