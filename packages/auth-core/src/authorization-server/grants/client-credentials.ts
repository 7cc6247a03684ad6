import type { RequestParameters } from '../../http/request-parameters.js'
import { OAuthError } from '../../oauth/oauth-error.js'
import { hasScopes, parseScope } from '../../oauth/scope.js'
import { randomToken } from '../../runtime/crypto.js'
import type { OAuthClient } from '../clients/client.js'
import type { TokenFamily } from '../records/stored-records.js'
import type { AuthorizationServer } from '../server/authorization-server.js'
import type { ServerCall } from '../server/server-call.js'
import { resourceOfToken } from '../tokens/granted-resources.js'
import { mintAccessToken, type TokenResponse, tokenResponse } from '../tokens/issue-access-token.js'
import { currentMarks } from '../tokens/revocation-marks.js'
import { discardFamily, saveFamily } from '../tokens/token-family.js'
import type { PreparedTokens } from './grant.js'

/**
 * Issues an access token to a client that acts for itself. There is no user, so the client is the subject: in a token of
 * this server, `sub` is `client_id` for a client, and never for a user. There is no refresh token either: the client can
 * ask again.
 *
 * @see [RFC 6749 section 4.4](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.4)
 */
export async function exchangeClientCredentials(
  call: ServerCall,
  client: OAuthClient,
  form: RequestParameters,
): Promise<PreparedTokens> {
  const { server } = call
  if (client.token_endpoint_auth_method === 'none') {
    throw new OAuthError('unauthorized_client', 'The grant is for clients that authenticate.')
  }
  const served = server.resources()
  const resource = resourceOfToken(form.getAll('resource'), served, served)
  const scopes = scopesOfClient(server, client, form.get('scope'))

  const { client_id: clientId } = client
  const familyId = randomToken(16)
  const now = server.now()
  const family: TokenFamily = {
    clientId,
    subject: clientId,
    scopes,
    resources: [resource],
    claims: {},
    authorizedAt: now,
    marks: await currentMarks(server, { subject: clientId, clientId }),
    ofStaticClient: server.staticClients.has(clientId),
    expiresAt: now + server.lifetimes.accessToken,
  }
  // One that was deleted meanwhile, and whose tokens were revoked before the marks were read.
  if (!family.ofStaticClient && (await server.findClient(clientId, 'authentication')) === undefined) {
    throw new OAuthError('invalid_client', 'The client could not be authenticated.', {
      reason: 'client_deleted',
    })
  }
  const accessToken = await mintAccessToken(server, familyId, family, { scopes, resource })
  const created = { familyId, family, accessToken }
  await saveFamily(server, created, family.expiresAt)
  const exchange = async (): Promise<TokenResponse> => {
    const grantType = 'client_credentials'
    call.emit({
      type: 'tokens.issued',
      grantType,
      clientId,
      subject: clientId,
      scopes,
      tokenFamily: familyId,
    })
    return tokenResponse(accessToken, scopes, undefined)
  }
  return { exchange, discard: () => discardFamily(server, created) }
}

/**
 * There is no user to ask, so what the client is registered for is all that it can get. Unknown scopes are left out beside
 * known ones. Alone they are refused: nobody sees what a service is granted, and a misspelt scope must not become all of
 * them.
 *
 * @throws `invalid_scope`
 */
function scopesOfClient(
  server: AuthorizationServer,
  client: OAuthClient,
  requested: string | undefined,
): readonly string[] {
  const isKnown = (scope: string) => server.scopesSupported.includes(scope)
  const registered = client.scope?.split(' ').filter(isKnown)
  const asked = parseScope(requested)
  if (asked.length === 0) return registered ?? server.defaultScopes.filter(isKnown)
  const known = asked.filter(isKnown)
  if (known.length === 0) {
    throw new OAuthError('invalid_scope', 'The server knows none of the requested scopes.')
  }
  if (!hasScopes(registered ?? server.scopesSupported, known)) {
    throw new OAuthError('invalid_scope', 'The scope exceeds what the client is registered for.')
  }
  return known
}
