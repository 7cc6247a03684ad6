import type { HttpResponse } from './http-response.js'

/** The headers that a page of another origin needs to act on a refusal. */
const exposedHeaders = 'WWW-Authenticate, DPoP-Nonce, Retry-After, Mcp-Session-Id'

/**
 * Lets any origin read the response. That is safe because no response depends on cookies: the page itself adds the
 * credentials. Never combined with `access-control-allow-credentials`.
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

/** Bounds of the further names that are allowed, so that the response stays small. */
const furtherNames = 64
const longestName = 128

/** A field name (RFC 9110 section 5.1). Not `*`, which would mean every name. */
const fieldName = /^(?!\*$)[\w!#$%&'*+.^`|~-]+$/

/**
 * The header names that a preflight allows: those of MCP and OAuth clients, and those that it requested. Any header is
 * safe, because no response depends on a header that the page did not set itself.
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
 * Responds to a CORS preflight, without authentication: browsers send no credentials with it.
 *
 * @param asked The value of its `Access-Control-Request-Headers`. SDK v2 sends headers that tools have named
 * (`Mcp-Param-*`), so a fixed list is not enough.
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
