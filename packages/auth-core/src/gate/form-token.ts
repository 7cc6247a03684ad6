import type { RequestReader } from './request-reader.js'

/** Whether a request is a form, in which RFC 6750 section 2.2 would let a client put a token. */
export function isForm<Request>(request: Request, reader: RequestReader<Request>): boolean {
  const method = reader.method(request)
  if (method === 'GET' || method === 'HEAD') return false
  return /^application\/x-www-form-urlencoded *(?:;|$)/i.test(reader.header(request, 'content-type') ?? '')
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
