import { readForm } from '../../http/body.js'
import { type HttpResponse, noStoreJson } from '../../http/http-response.js'
import { OAuthError } from '../../oauth/oauth-error.js'
import { isSameResource } from '../../oauth/resource-identifier.js'
import { authenticateWithinLimits } from '../client-authentication/authenticate-within-limits.js'
import type { OAuthClient } from '../clients/client.js'
import type { AuthorizationServer } from '../server/authorization-server.js'
import type { ServerCall } from '../server/server-call.js'
import { looksOpaque } from '../tokens/opaque-access-token.js'
import { type VerifiedAccessToken, verifyAccessToken } from '../tokens/verify-access-token.js'

/**
 * The introspection endpoint: describes active access tokens to clients that authenticate.
 *
 * A client learns about its own access tokens. A configured client that serves a resource (`introspects`) learns about
 * all access tokens for it. Every other token, including every refresh token, is `{"active":false}`.
 *
 * @see [RFC 7662 section 2](https://www.rfc-editor.org/rfc/rfc7662.html#section-2)
 */
export async function introspectToken(call: ServerCall): Promise<HttpResponse> {
  const { server } = call
  const form = await readForm(call.http)
  const { client, consume } = await authenticateWithinLimits(call, form)
  if (client.token_endpoint_auth_method === 'none') {
    throw new OAuthError('invalid_client', 'Public clients cannot introspect tokens.')
  }
  const text = form.require('token')
  const { verified: token } = await verifyAccessToken(server, text, server.resources())
  const told = token === undefined ? undefined : whatIsTold(server, client, token, looksOpaque(text))
  // Such a response consumes no assertion: anyone could fill the store with these requests.
  if (told === undefined) return noStoreJson(200, { active: false })
  await consume()
  return noStoreJson(200, told)
}

/** Returns what a client learns about an active token, or `undefined` for nothing. */
function whatIsTold(
  server: AuthorizationServer,
  client: OAuthClient,
  token: VerifiedAccessToken,
  isOpaque: boolean,
): object | undefined {
  const described = describeToken(server, token)
  // The application's own claims are for the server of the resource.
  if (servesResource(server, client, token.resource)) return { ...token.claims, ...described }
  if (token.clientId !== client.client_id) return undefined
  if (!isOpaque || server.staticClients.has(client.client_id)) return described
  // An opaque token does not reveal the user, and anyone can register a client.
  const { sub, ...others } = described
  return others
}

function servesResource(server: AuthorizationServer, { client_id }: OAuthClient, resource: string): boolean {
  const { introspects = [] } = server.staticClients.get(client_id) ?? {}
  return introspects.some((one) => isSameResource(one, resource))
}

function describeToken(server: AuthorizationServer, token: VerifiedAccessToken) {
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
