import { checkedUrl, urlOrigin, urlPath } from '../configuration-url.js'
import { type FetchJsonOptions, fetchJson } from '../http/fetch-json.js'

/**
 * Finds where an issuer publishes its keys: RFC 8414 metadata first, then OpenID Connect Discovery.
 *
 * @throws if neither document is there, or names another issuer (RFC 8414 section 3.3).
 */
export async function discoverJwksUri(issuer: string, options: FetchJsonOptions): Promise<string> {
  const path = urlPath(issuer).replace(/\/$/, '')
  const locations = [
    `${urlOrigin(issuer)}/.well-known/oauth-authorization-server${path}`,
    `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
  ]
  const failures: unknown[] = []
  for (const location of locations) {
    try {
      return jwksUriOf(await fetchJson(location, options), issuer)
    } catch (error) {
      failures.push(error)
    }
  }
  throw new AggregateError(failures, `no metadata with a "jwks_uri" was found for the issuer ${issuer}`)
}

function jwksUriOf(document: unknown, issuer: string): string {
  const metadata = (document ?? {}) as { issuer?: unknown; jwks_uri?: unknown }
  if (metadata.issuer !== issuer) throw new Error('the metadata is of another issuer')
  if (typeof metadata.jwks_uri !== 'string' || !URL.canParse(metadata.jwks_uri)) {
    throw new Error('the metadata has no "jwks_uri"')
  }
  // Over http, anybody on the way could say which keys are the issuer's.
  checkedUrl('jwks_uri', metadata.jwks_uri.split('?', 1)[0] ?? '', {
    allowInsecure: /^http:/i.test(issuer),
  })
  return metadata.jwks_uri
}
