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

/** A list, because `*` would not cover `Authorization` (Fetch, CORS-preflight). */
const allowedRequestHeaders = [
  'Authorization',
  'Content-Type',
  'Accept',
  'DPoP',
  'MCP-Protocol-Version',
  'Mcp-Session-Id',
  'Mcp-Method',
  'Mcp-Name',
  'Last-Event-ID',
].join(', ')

/** Answers a CORS preflight, without authentication: browsers send none with it. */
export function preflightResponse(methods: readonly string[]): HttpResponse {
  return {
    status: 204,
    headers: {
      ...corsHeaders,
      'access-control-allow-methods': methods.join(', '),
      'access-control-allow-headers': allowedRequestHeaders,
      'access-control-max-age': '600',
      allow: [...methods, 'OPTIONS'].join(', '),
    },
  }
}
