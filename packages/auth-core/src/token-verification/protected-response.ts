import { corsHeaders } from '../http/cors.js'

/**
 * What every response of a protected resource carries, unless the application has set it already: pages of other
 * origins may read it (they bring the token, so nothing depends on cookies), and no cache mixes up users.
 */
export const protectedResponseHeaders = { ...corsHeaders, vary: 'Authorization' } as const

/** A response with what it lacks of {@link protectedResponseHeaders}. Its body is passed on as it is. */
export function protectedResponse(response: Response): Response {
  const headers = new Headers(response.headers)
  for (const [name, value] of Object.entries(protectedResponseHeaders)) {
    if (name === 'vary') headers.append(name, value)
    else if (!headers.has(name)) headers.set(name, value)
  }
  const { status, statusText } = response
  return new Response(response.body, { status, statusText, headers })
}
