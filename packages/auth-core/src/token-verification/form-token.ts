import { readBytes } from '../http/read-bytes.js'
import { mcpBodyLimit } from '../mcp-endpoint.js'

/**
 * Whether a request is a form, in which RFC 6750 section 2.2 would let a client put a token.
 *
 * @param header Reads a header of the request, by its lower-case name. Not called for methods without a body.
 */
export function isForm(
  method: string | undefined,
  header: (name: string) => string | null | undefined,
): boolean {
  if (method === 'GET' || method === 'HEAD') return false
  return /^application\/x-www-form-urlencoded *(?:;|$)/i.test(header('content-type') ?? '')
}

/**
 * Whether a form has the parameter `access_token`. One without a value counts as left out, as RFC 6749 section 3.1
 * says.
 *
 * @param form What a parser made of it, or its text or bytes.
 */
export function hasFormToken(form: unknown): boolean {
  if (form instanceof Uint8Array) return hasFormToken(new TextDecoder().decode(form))
  if (typeof form === 'string')
    return new URLSearchParams(form).getAll('access_token').some((token) => token !== '')
  if (typeof form !== 'object' || form === null || !Object.hasOwn(form, 'access_token')) return false
  return (form as { access_token: unknown }).access_token !== ''
}

/**
 * Reads the form of a web request, for the gate; `undefined` if it has none. The handler can still read it. What the
 * application has read before the gate stays the application's own.
 */
export function formReaderOf(request: Request): (() => Promise<unknown>) | undefined {
  if (!isForm(request.method, (name) => request.headers.get(name))) return undefined
  return async () => {
    if (request.bodyUsed) return undefined
    const { body } = request.clone()
    if (body === null) return undefined
    try {
      return await readBytes(body.values({ preventCancel: true }), mcpBodyLimit)
    } catch (error) {
      // The client is told to stop only once both copies are given up: neither waits for the other.
      for (const copy of [body, request.body]) copy?.cancel().catch(() => {})
      throw error
    }
  }
}
