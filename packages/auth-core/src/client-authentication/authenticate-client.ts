import type { AuthorizationServer } from '../authorization-server/authorization-server.js'
import type { ClientRecord, OAuthClient } from '../authorization-server/clients/client.js'
import type { HttpRequest } from '../http/http-request.js'
import type { RequestParameters } from '../http/request-parameters.js'
import { OAuthError } from '../oauth-error.js'
import { clientAuthenticationMethods } from './methods.js'
import {
  basicChallenge,
  type PresentedCredentials,
  readPresentedCredentials,
} from './presented-credentials.js'

/**
 * Finds out which client a request is from, and makes sure of it with the method that the client registered. The
 * token, revocation and introspection endpoints all ask here.
 *
 * @throws `invalid_client`, always 401, without telling an unknown client from a wrong secret.
 * @see [RFC 6749 section 5.2](https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2)
 */
export async function authenticateClient(
  server: AuthorizationServer,
  request: HttpRequest,
  form: RequestParameters,
): Promise<OAuthClient> {
  const credentials = readPresentedCredentials(request, form)
  const found = await server.findClient(credentials.clientId)
  // An unknown client takes the same steps as a known one, so that nobody can tell them apart by the time they take.
  const record = found ?? unknownClient(credentials.method)
  const isProven = await clientAuthenticationMethods[credentials.method](credentials, record, server.now())
  const isItsMethod = record.client.token_endpoint_auth_method === credentials.method
  if (found !== undefined && isItsMethod && isProven) return found.client

  const reason = found === undefined ? 'client_unknown' : isItsMethod ? 'client_secret' : 'client_method'
  server.emit({ type: 'client.rejected', clientId: found?.client.client_id, reason })
  throw new OAuthError('invalid_client', 'The client could not be authenticated.', {
    reason,
    challenge: credentials.method === 'client_secret_basic' ? basicChallenge : undefined,
  })
}

/** Stands in for a client that is not there, so that refusing it takes the same steps. */
function unknownClient(method: PresentedCredentials['method']): ClientRecord {
  return {
    client: {
      client_id: '',
      redirect_uris: [],
      grant_types: [],
      response_types: [],
      token_endpoint_auth_method: method,
      client_id_issued_at: 0,
    },
    origin: 'registration',
    secrets: [],
  }
}
