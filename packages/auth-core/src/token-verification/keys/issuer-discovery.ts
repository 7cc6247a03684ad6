import { wellKnownPath } from '../../metadata/well-known-path.js'
import { urlOrigin, urlProblem } from '../../options/url.js'
import { failureAt } from '../../outbound/fetch-failure.js'
import { type FetchJsonOptions, fetchJson } from '../../outbound/fetch-json.js'
import { NotFound } from '../../outbound/not-found.js'

/**
 * Finds the URL of an issuer's keys, in RFC 8414 metadata or in OpenID Connect Discovery.
 *
 * @throws `NotFound` if the issuer responds that it has neither document, `Error` if a document cannot be fetched or names
 * another issuer (RFC 8414 section 3.3). The message names each URL, and what was wrong there.
 */
export async function discoverJwksUri(issuer: string, options: FetchJsonOptions): Promise<string> {
  const locations = [
    urlOrigin(issuer) + wellKnownPath('oauth-authorization-server', issuer),
    `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
  ]
  const failures: Error[] = []
  for (const location of locations) {
    try {
      return jwksUriOf(await fetchJson(location, options), issuer)
    } catch (error) {
      failures.push(failureAt(location, error))
    }
  }
  const reasons = failures.map(({ message }) => message).join('; ')
  const cause = new AggregateError(failures, `no "jwks_uri" found for ${issuer}: ${reasons}`)
  const isGone = failures.every((failure) => failure instanceof NotFound)
  throw isGone ? new NotFound(cause.message, { cause }) : cause
}

function jwksUriOf(document: unknown, expectedIssuer: string): string {
  const { issuer, jwks_uri: jwksUri = '' } = (document ?? {}) as { issuer?: unknown; jwks_uri?: string }
  if (issuer !== expectedIssuer) throw new Error(`"issuer" ${differenceOf(issuer, expectedIssuer)}`)
  // Over http, anybody on the network could replace the keys.
  const isInsecure = /^http:/i.test(expectedIssuer)
  const problem = urlProblem(jwksUri.split('?', 1)[0], isInsecure ? true : undefined)
  if (problem !== undefined) throw new TypeError(`"jwks_uri" must ${problem}`)
  return jwksUri
}

/** The document may contain anything, so the message repeats only printable text. */
function differenceOf(issuer: unknown, expected: string): string {
  if (issuer === undefined) return 'is missing'
  if (typeof issuer !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(issuer)) return 'is not a URL'
  const isSlash = issuer.replace(/\/$/, '') === expected.replace(/\/$/, '')
  return `is ${issuer}${isSlash ? ', which differs only in the trailing slash' : ''}`
}
