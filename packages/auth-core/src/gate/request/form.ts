import type { GateRequest } from './gate-request.js'

/** One of the values of a `Content-Type`: a client that sends two of them leaves open which one a parser takes. */
const formType = /(?:^|,)[ \t]*application\/x-www-form-urlencoded[ \t]*(?:[;,]|$)/i

/**
 * Whether a request is a form, in which a client could send a token.
 *
 * @see [RFC 6750 section 2.2](https://www.rfc-editor.org/rfc/rfc6750.html#section-2.2)
 */
export function isForm(request: Pick<GateRequest, 'method' | 'header'>): boolean {
  const { method } = request
  return method !== 'GET' && method !== 'HEAD' && formType.test(request.header('content-type') ?? '')
}
