import type { EventListener } from '../../events/auth-event.js'
import { unavailable } from '../../oauth/oauth-error.js'
import { failureAt } from '../../outbound/fetch-failure.js'
import { type Fetch, fetchJson } from '../../outbound/fetch-json.js'
import { shownUrl } from '../../outbound/shown-url.js'
import type { Clock } from '../../runtime/clock.js'
import { sha256 } from '../../runtime/crypto.js'
import { type IntrospectionClient, presentCredentials } from './credentials.js'
import type { IntrospectionResponse } from './response-rules.js'

type Endpoint = IntrospectionClient & {
  /** In seconds. */
  readonly timeout: number
  readonly fetch?: Fetch | undefined
  readonly now: Clock
}

/**
 * Sends a token to the introspection endpoint. Does **not** check the response.
 *
 * @throws `temporarily_unavailable` unless the endpoint responds with 200 and a JSON object.
 * @see [RFC 7662 section 2](https://www.rfc-editor.org/rfc/rfc7662.html#section-2)
 */
export async function askEndpoint(
  endpoint: Endpoint,
  token: string,
  emit: EventListener,
): Promise<IntrospectionResponse> {
  const { introspectionUrl, fetch, timeout } = endpoint
  try {
    const { headers, parameters } = await presentCredentials(endpoint, endpoint.now())
    const form = new URLSearchParams({ token, token_type_hint: 'access_token', ...parameters })
    const response = await fetchJson(introspectionUrl, { fetch, timeout, form, headers })
    if (!isObject(response)) throw new Error(`${shownUrl(introspectionUrl)} responded without a JSON object`)
    return response
  } catch (error) {
    const cause = failureAt(introspectionUrl, error)
    emit({ type: 'source.unavailable', source: 'introspection', cause })
    throw unavailable('introspection_unavailable', cause)
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The name of an endpoint without an `issuer`: its URL, with a digest in place of the query. A query tells realms apart, and
 * may contain a secret.
 */
export function issuerNameOf(introspectionUrl: string): string | Promise<string> {
  const start = introspectionUrl.indexOf('?')
  if (start < 0) return introspectionUrl
  const named = (digest: string) => `${introspectionUrl.slice(0, start)}?sha256=${digest}`
  const digest = sha256(introspectionUrl.slice(start + 1))
  return typeof digest === 'string' ? named(digest) : digest.then(named)
}
