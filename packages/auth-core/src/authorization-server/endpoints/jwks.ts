import { cacheableJson, type HttpResponse } from '../../http/http-response.js'
import type { ServerCall } from '../server/server-call.js'
import { jwksMaxAge } from '../signing/key-ring.js'

/**
 * The JWKS endpoint: publishes the public keys of access tokens.
 *
 * @see [RFC 7517 section 5](https://www.rfc-editor.org/rfc/rfc7517.html#section-5)
 */
export async function publishKeys({ server: { signingKeys } }: ServerCall): Promise<HttpResponse> {
  return cacheableJson(await signingKeys.jwks(), jwksMaxAge)
}
