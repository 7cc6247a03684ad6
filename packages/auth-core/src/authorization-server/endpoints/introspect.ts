import { authenticateWithinLimits } from '../../client-authentication/authenticate-within-limits.js'
import { readForm } from '../../http/body.js'
import type { HttpRequest } from '../../http/http-request.js'
import { type HttpResponse, noStoreJson } from '../../http/http-response.js'
import { OAuthError } from '../../oauth-error.js'
import type { AuthorizationServer } from '../authorization-server.js'
import { verifyOwnAccessToken } from '../own-access-token.js'

/**
 * The introspection endpoint. Clients with a secret may ask about their own access tokens; everything else is
 * `{"active":false}`, refresh tokens included.
 *
 * @see [RFC 7662 section 2](https://www.rfc-editor.org/rfc/rfc7662.html#section-2)
 */
export async function introspectToken(
  server: AuthorizationServer,
  request: HttpRequest,
): Promise<HttpResponse> {
  const form = await readForm(request)
  const { client, spend } = await authenticateWithinLimits(server, request, form)
  if (client.token_endpoint_auth_method === 'none') {
    throw new OAuthError('invalid_client', 'Only a client that authenticates may introspect tokens.')
  }
  const { verified: token } = await verifyOwnAccessToken(server, form.require('token'), server.resources())
  await spend()
  if (token?.clientId !== client.client_id) return noStoreJson(200, { active: false })
  return noStoreJson(200, {
    active: true,
    token_type: 'Bearer',
    iss: server.issuer,
    sub: token.subject,
    aud: token.resource,
    client_id: token.clientId,
    ...(token.scopes.length === 0 ? {} : { scope: token.scopes.join(' ') }),
    iat: token.issuedAt,
    exp: token.expiresAt,
    jti: token.jti,
  })
}
