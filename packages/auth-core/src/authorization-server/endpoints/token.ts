import { readForm } from '../../http/body.js'
import { type HttpResponse, noStoreJson } from '../../http/http-response.js'
import type { RequestParameters } from '../../http/request-parameters.js'
import { errorOfClient, OAuthError } from '../../oauth/oauth-error.js'
import type { AuthenticateClient, AuthenticatedClient } from '../client-authentication/authenticate-client.js'
import { authenticateWithinLimits } from '../client-authentication/authenticate-within-limits.js'
import { keepClient } from '../client-registry/extend-registration.js'
import { grants } from '../grants/grant.js'
import type { ServerCall } from '../server/server-call.js'
import type { TokenResponse } from '../tokens/issue-access-token.js'

/**
 * The token endpoint: authenticates the client, then lets the grant named by `grant_type` exchange what was sent.
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
    throw errorOfClient(thrown, authenticated.client.client_id)
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
  if (!client.grant_types.includes(grantType)) {
    throw new OAuthError('unauthorized_client', 'The client is not registered for the grant type.')
  }
  const prepared = await grant(call, client, form)
  try {
    await keepClient(call.server, authenticated)
    await consume()
    return await prepared.exchange()
  } catch (error) {
    await prepared.discard?.()
    throw error
  }
}
