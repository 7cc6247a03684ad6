import { OAuthError } from '../../oauth/oauth-error.js'
import { hasScopes, parseScope } from '../../oauth/scope.js'
import { randomToken } from '../../runtime/crypto.js'
import type { OAuthClient } from '../clients/client.js'
import type { TokenFamily } from '../records/stored-records.js'
import type { AuthorizationServer } from '../server/authorization-server.js'
import { resourceOfToken } from '../tokens/granted-resources.js'
import { issueAccessToken, tokenResponse } from '../tokens/issue-access-token.js'
import { currentMarks } from '../tokens/revocation-marks.js'
import { discardFamily, saveFamily } from '../tokens/token-family.js'
import type { GrantCall, IssuedTokens, PreparedGrant, TokenRequest } from './grant.js'

/**
 * Prepares an access token for a client that acts without a user. Its `sub` is the client ID, which the `sub` of a user
 * never is. Issues no refresh token: the client can request another access token.
 *
 * @throws `unauthorized_client`, `invalid_scope`, `invalid_target` or `invalid_client`
 * @see [RFC 6749 section 4.4](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.4)
 */
export async function prepareClientCredentials(
  { server }: GrantCall,
  { client, form, confirmation }: TokenRequest,
): Promise<PreparedGrant> {
  if (client.token_endpoint_auth_method === 'none') {
    throw new OAuthError('unauthorized_client', 'Public clients cannot use this grant type.')
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
  // The client may have been deleted, and its tokens revoked, before the marks were read.
  if (!family.ofStaticClient && (await server.findClient(clientId, 'authentication')) === undefined) {
    throw new OAuthError('invalid_client', 'The client could not be authenticated.', {
      reason: 'client_deleted',
    })
  }
  const accessToken = await issueAccessToken(server, familyId, family, { scopes, resource, confirmation })
  const created = { familyId, family, accessToken }
  await saveFamily(server, created, family.expiresAt)
  const response = tokenResponse(accessToken, scopes, undefined)
  const commit = async (): Promise<IssuedTokens> => ({ response, familyId, subject: clientId, scopes })
  return { commit, discard: () => discardFamily(server, created) }
}

/**
 * The client gets at most the scopes that it is registered for, because there is no user to ask. Unknown scopes are left
 * out if a known scope is requested, too. Otherwise the request is refused: a misspelled scope must not become all scopes.
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
    throw new OAuthError('invalid_scope', 'The requested scopes are unknown.')
  }
  if (!hasScopes(registered ?? server.scopesSupported, known)) {
    throw new OAuthError('invalid_scope', 'The scope exceeds what the client is registered for.')
  }
  return known
}
