import { authenticateWithinLimits } from '../../client-authentication/authenticate-within-limits.js'
import { readForm } from '../../http/body.js'
import type { HttpRequest } from '../../http/http-request.js'
import { type HttpResponse, noStoreJson } from '../../http/http-response.js'
import { OAuthError } from '../../oauth-error.js'
import { isSameResource } from '../../resource-identifier.js'
import type { AuthorizationServer } from '../authorization-server.js'
import type { OAuthClient } from '../clients/client.js'
import { type OwnAccessToken, verifyOwnAccessToken } from '../own-access-token.js'

/**
 * The introspection endpoint. A client that authenticates is told of its own access tokens, and one that the operator
 * named as the server of a resource (`introspects`) of all access tokens for it. Everything else is `{"active":false}`,
 * refresh tokens included.
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
  if (token === undefined) return inactive()
  // What the application put into the token is for who serves the resource.
  if (servesResource(server, client, token.resource)) {
    return noStoreJson(200, { ...token.claims, ...describeToken(server, token) })
  }
  return token.clientId === client.client_id ? noStoreJson(200, describeToken(server, token)) : inactive()
}

function inactive(): HttpResponse {
  return noStoreJson(200, { active: false })
}

function servesResource(server: AuthorizationServer, { client_id }: OAuthClient, resource: string): boolean {
  const { introspects = [] } = server.staticClients.get(client_id) ?? {}
  return introspects.some((one) => isSameResource(one, resource))
}

function describeToken(server: AuthorizationServer, token: OwnAccessToken): object {
  return {
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
  }
}
