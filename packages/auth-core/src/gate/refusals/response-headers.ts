import { corsHeaders } from '../../http/cors.js'

/** For caches: the response is for the user whose token was sent. */
const variesByToken = { vary: 'Authorization' } as const

/** The same where a page of another origin would have got a 401. */
const variesByPage = { vary: 'Authorization, Origin' } as const

/** A page sends the token itself, and cookies play no part. So any page may read the response. */
const readableByPages = { ...variesByToken, ...corsHeaders } as const

/**
 * Returns the headers of the response to an admitted request: see `BearerGate.responseHeaders`.
 *
 * @param areOriginsListed Whether the gate has `allowedOrigins`. Then it has refused the pages of all others.
 */
export function responseHeaders(
  hasToken: boolean,
  origin: string | null | undefined,
  areOriginsListed: boolean,
): Readonly<Record<string, string>> {
  if (origin === undefined || origin === null) return hasToken ? variesByToken : variesByPage
  if (hasToken) return readableByPages
  return areOriginsListed
    ? { ...variesByPage, ...corsHeaders, 'access-control-allow-origin': origin }
    : variesByPage
}
