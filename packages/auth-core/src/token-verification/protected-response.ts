import { corsHeaders } from '../http/cors.js'

/** What caches need to know of every response of a protected resource: it is for the one who sent the token. */
const variesByToken = 'Authorization'

/**
 * What the response to `request` must carry, unless the application has set it already: no cache may mix up users,
 * and pages of other origins may read it. (They bring the token, so nothing depends on cookies.) Only browsers need
 * to be told that, and they say where they come from.
 *
 * @param header Reads a header of the request, by its lower-case name.
 */
export function protectedResponseHeaders(
  header: (name: string) => string | null | undefined,
): Readonly<Record<string, string>> {
  const vary = { vary: variesByToken }
  return (header('origin') ?? undefined) === undefined ? vary : { ...vary, ...corsHeaders }
}

/** The response of a protected resource, with what it lacks of the above. Its body is passed on as it is. */
export function protectedResponse(request: Request, response: Response): Response {
  const headers = new Headers(response.headers)
  for (const [name, value] of Object.entries(protectedResponseHeaders((one) => request.headers.get(one)))) {
    if (name === 'vary') headers.append(name, value)
    else if (!headers.has(name)) headers.set(name, value)
  }
  const { status, statusText } = response
  return new Response(response.body, { status, statusText, headers })
}
