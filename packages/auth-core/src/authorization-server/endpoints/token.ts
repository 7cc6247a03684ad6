import { readForm } from '../../http/body.js'
import { type HttpResponse, noStoreJson } from '../../http/http-response.js'
import type { RequestParameters } from '../../http/request-parameters.js'
import { OAuthError, withClientId } from '../../oauth/oauth-error.js'
import type { AuthenticateClient, AuthenticatedClient } from '../client-authentication/authenticate-client.js'
import { authenticateWithinLimits } from '../client-authentication/authenticate-within-limits.js'
import { retainClient } from '../client-registry/extend-registration.js'
import { checkGrantType } from '../clients/permitted-grant-types.js'
import { grants } from '../grants/grant-table.js'
import type { ServerCall } from '../server/server-call.js'
import type { TokenResponse } from '../tokens/issue-access-token.js'

/**
 * The token endpoint: authenticates the client, then issues the tokens that the grant of `grant_type` prepares.
 *
 * @see [RFC 6749 section 3.2](https://www.rfc-editor.org/rfc/rfc6749.html#section-3.2)
 */
export async function issueTokens(
  call: ServerCall,
  authenticate: AuthenticateClient<ServerCall>,
): Promise<HttpResponse> {
  const form = await readForm(call.http)
  const authenticated = await authenticateWithinLimits(call, form, authenticate)
  try {
    return noStoreJson(200, await exchange(call, authenticated, form))
  } catch (thrown) {
    throw withClientId(thrown, authenticated.client.client_id)
  }
}

async function exchange(
  call: ServerCall,
  authenticated: AuthenticatedClient,
  form: RequestParameters,
): Promise<TokenResponse> {
  const { client, consume } = authenticated
  const grantType = form.require('grant_type')
  const grant = grants.get(grantType)
  if (grant === undefined) {
    throw new OAuthError('unsupported_grant_type', 'The grant type is not supported.')
  }
  checkGrantType(client, grantType)
  const prepared = await grant(call, { client, form, http: call.http })
  try {
    await retainClient(call.server, authenticated)
    await consume()
    const { response, familyId, subject, scopes } = await prepared.commit()
    const clientId = client.client_id
    call.emit({ type: 'tokens.issued', grantType, clientId, subject, scopes, grantId: familyId })
    return response
  } catch (error) {
    await prepared.discard?.()
    throw error
  }
}
