import type { HttpRequest } from '../../http/http-request.js'
import type { RequestParameters } from '../../http/request-parameters.js'
import { enforceRateLimit } from '../rate-limit/rate-limit.js'
import {
  type AuthenticateClient,
  type AuthenticatedClient,
  authenticateClient,
  type ClientCall,
  isFailedProof,
} from './authenticate-client.js'
import { readPresentedCredentials } from './presented-credentials.js'

/**
 * Authenticates a client, and counts failed attempts. Too many of them get 429 instead of the error. Valid credentials
 * always pass, whatever others have tried in the client's name.
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
      if (attempt !== undefined) await enforceRateLimit(call, { stage: 'failed', ...attempt }, error)
    }
    throw error
  }
  const { client, isConfigured } = authenticated
  const { client_id, token_endpoint_auth_method } = client
  // A public client has proved nothing: anyone could use up its limit.
  if (token_endpoint_auth_method !== 'none') {
    await enforceRateLimit(call, { stage: 'authenticated', clientId: client_id, isConfigured })
  }
  return authenticated
}

/** The client that the request claims to be from; `undefined` if it presents no proof of that. */
function attemptedProof(
  request: HttpRequest,
  form: RequestParameters,
): { readonly clientId?: string } | undefined {
  try {
    const { method, clientId } = readPresentedCredentials(request, form)
    return method === 'none' ? undefined : { clientId }
  } catch {
    // Malformed credentials.
    return request.header('authorization') === undefined ? undefined : {}
  }
}
