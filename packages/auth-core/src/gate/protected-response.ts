import { trackBody } from '../http/respond-while.js'
import { admissionOf } from './admission.js'

/**
 * Returns the headers that the response to an admitted request must have, unless the application has set them. They keep
 * caches from mixing up users. Pages of other origins may read the response if the request had a token, or if their
 * origin is allowed.
 *
 * @param request The request object that the gate has admitted. A copy of it has no mark of the gate.
 */
export function protectedResponseHeaders(request: Request): Readonly<Record<string, string>> {
  const admission = admissionOf(request)
  return admission === undefined
    ? { vary: 'Authorization' }
    : admission.gate.responseHeaders(admission.accessToken, request.headers.get('origin'))
}

/**
 * Adds the headers of `protectedResponseHeaders` to the response of a handler.
 *
 * The body ends when the token of the request expires, and within the provider's `revocationLag` of a revocation.
 *
 * @param request The request object that the gate has admitted.
 */
export function protectedResponse(request: Request, response: Response): Response {
  const headers = new Headers(response.headers)
  for (const [name, value] of Object.entries(protectedResponseHeaders(request))) {
    if (name === 'vary') headers.append(name, value)
    else if (!headers.has(name)) headers.set(name, value)
  }
  const { status, statusText } = response
  return endWithToken(request, new Response(response.body, { status, statusText, headers }))
}

function endWithToken(request: Request, response: Response): Response {
  const admission = admissionOf(request)
  if (admission?.accessToken === undefined || response.body === null) return response
  const { gate, accessToken } = admission
  let stop = () => {}
  const tracked = trackBody(response, () => stop())
  stop = gate.watch(accessToken, request.headers.get('authorization') ?? undefined, tracked.end)
  return tracked.response
}
