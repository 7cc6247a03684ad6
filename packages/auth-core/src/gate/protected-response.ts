import { trackBody } from '../http/respond-while.js'
import { admissionOf } from './admission.js'

/**
 * What the response to a request that passed the gate must carry, unless the application has set it already: no cache
 * may mix up users, and pages of other origins may read it if the request had a token, or if their origin is allowed.
 *
 * @param request The very request that the gate was given: on another, nobody knows whether it had a token.
 */
export function protectedResponseHeaders(request: Request): Readonly<Record<string, string>> {
  const admission = admissionOf(request)
  return admission === undefined
    ? { vary: 'Authorization' }
    : admission.gate.responseHeaders(admission.accessToken, request.headers.get('origin'))
}

/**
 * The response of a protected resource, with what it lacks of the above. It ends with the token of the request: when
 * that expires, and within the provider's `revocationLag` of a revocation.
 *
 * @param request The very request that the gate was given.
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
