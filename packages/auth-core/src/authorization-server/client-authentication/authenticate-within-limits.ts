import type { HttpRequest } from '../../http/http-request.js'
import type { RequestParameters } from '../../http/request-parameters.js'
import { refuseTooMany } from '../rate-limit/rate-limit.js'
import {
  type AuthenticateClient,
  type AuthenticatedClient,
  authenticateClient,
  type ClientCall,
  isFailedProof,
} from './authenticate-client.js'
import { readPresentedCredentials } from './presented-credentials.js'

/**
 * Finds out which client a request is from, and counts the attempts. Whoever fails too often is answered 429 instead
 * of what the refusal was; whoever has the right secret passes, whatever others have tried in the client's name.
 *
 * @throws what `authenticate` throws, or `temporarily_unavailable` with 429.
 * @see [RFC 6749 section 2.3.1](https://www.rfc-editor.org/rfc/rfc6749.html#section-2.3.1)
 */
export async function authenticateWithinLimits<Call extends ClientCall>(
  call: Call,
  form: RequestParameters,
  authenticate: AuthenticateClient<Call> = authenticateClient,
): Promise<AuthenticatedClient> {
  let authenticated: AuthenticatedClient
  try {
    authenticated = await authenticate(call, form)
  } catch (error) {
    if (isFailedProof(error)) {
      const attempt = attemptedProof(call.http, form)
      if (attempt !== undefined) await refuseTooMany(call, { stage: 'failed', ...attempt }, error)
    }
    throw error
  }
  const { client, isConfigured } = authenticated
  const { client_id, token_endpoint_auth_method } = client
  // A public client has proved nothing: anybody can use up what is counted for it.
  if (token_endpoint_auth_method !== 'none') {
    await refuseTooMany(call, { stage: 'authenticated', clientId: client_id, isConfigured })
  }
  return authenticated
}

/** The client that somebody tried to be; `undefined` if they did not say that they could prove it. */
function attemptedProof(
  request: HttpRequest,
  form: RequestParameters,
): { readonly clientId?: string } | undefined {
  try {
    const { method, clientId } = readPresentedCredentials(request, form)
    return method === 'none' ? undefined : { clientId }
  } catch {
    // It says something that nobody can read.
    return request.header('authorization') === undefined ? undefined : {}
  }
}
