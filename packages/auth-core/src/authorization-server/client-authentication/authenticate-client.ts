import { hintFor } from '../../events/failure-hints.js'
import type { HttpRequest } from '../../http/http-request.js'
import type { RequestParameters } from '../../http/request-parameters.js'
import { errorOfClient, OAuthError, unavailable } from '../../oauth/oauth-error.js'
import type { ClientRejection, FailureReason } from '../../oauth/reasons.js'
import { acceptsMethod } from '../clients/authentication-methods.js'
import type { ClientRecord, OAuthClient } from '../clients/client.js'
import { type LimitedCall, refuseTooMany } from '../rate-limit/rate-limit.js'
import type { AuthorizationServer } from '../server/authorization-server.js'
import { checkCredentials } from './methods.js'
import { basicChallenge, readPresentedCredentials } from './presented-credentials.js'

/** A client that has proved who it is. */
export interface AuthenticatedClient {
  readonly client: OAuthClient
  /**
   * Whether the operator configured it. An authenticator of the application need not tell: `TokenHandler` looks whether it
   * is in `clients`. `true` exempts a client that is not there from `requestsPerUnconfiguredClient`.
   */
  readonly isConfigured?: boolean | undefined
  /** Until when the server knows the client if it gets no tokens before; `undefined` if that is to be looked up. */
  readonly knownUntil?: number | undefined
  /**
   * Uses up what the client proved it with, where that works only once. Call it when the rest of the request has been
   * checked, and before anything that it asks for is done: a request that is refused must cost the client nothing.
   *
   * Rejects with `invalid_client` if another request was faster.
   */
  readonly consume: () => Promise<void>
}

/** The request of a client that authenticates. A `ServerCall` is one. */
export interface ClientCall extends LimitedCall {
  readonly server: AuthorizationServer
  readonly http: HttpRequest
}

/** Finds out which client a request is from, or throws `invalid_client`. */
export type AuthenticateClient<Call extends ClientCall = ClientCall> = (
  call: Call,
  form: RequestParameters,
) => Promise<AuthenticatedClient>

/**
 * Finds out which client a request is from, and makes sure of it with a method that the client may use: see
 * {@link acceptsMethod}. The token, revocation and introspection endpoints all ask here.
 *
 * @throws `invalid_client`, always 401, without telling an unknown client from a wrong secret; `temporarily_unavailable` for a
 * proof that may be good by what the client says or publishes now, if that cannot be known for the moment.
 * @see [RFC 6749 section 5.2](https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2)
 */
export async function authenticateClient(
  call: ClientCall,
  form: RequestParameters,
  strictAudience = call.server.strictAudience,
): Promise<AuthenticatedClient> {
  const { server } = call
  const credentials = readPresentedCredentials(call.http, form)
  const found = await server.findClient(credentials.clientId, 'authentication')
  const isItsMethod = found !== undefined && acceptsMethod(found, credentials.method)
  // Whoever is not there, or not with this method, takes the same steps as a client that is: nobody can tell them
  // apart by the time that they take.
  const record = isItsMethod ? found : decoyClient(credentials.clientId)
  // A client that users have allowed something is never refused for what others have tried. The others lose nothing.
  if (credentials.method === 'private_key_jwt' && (found === undefined || found.isStranger === true))
    await refuseTooMany(call, { stage: 'proving' })
  const proof = await checkCredentials(server, credentials, record, strictAudience)

  const refuse = (reason: ClientRejection): OAuthError => {
    const clientId = found?.client.client_id
    call.emit({ type: 'client.rejected', clientId, reason, hint: hintFor(reason) })
    return new OAuthError('invalid_client', 'The client could not be authenticated.', {
      reason,
      clientId,
      challenge: credentials.method === 'client_secret_basic' ? basicChallenge : undefined,
    })
  }
  if (found === undefined) throw refuse('client_unknown')
  const refuseProof = (reason: ClientRejection, other = reason): OAuthError => {
    const isByMetadata = judgedBy[reason] === 'metadata' && judgedBy[other] === 'metadata'
    const isUncertain = proof.isUncertain || (found.isStale && isByMetadata)
    return isUncertain ? unproven(found.client.client_id) : refuse(reason)
  }
  if (!isItsMethod) throw refuseProof('client_method', proof.rejected)
  if (proof.rejected !== undefined) throw refuseProof(proof.rejected)
  return {
    client: found.client,
    isConfigured: found.origin === 'configuration',
    knownUntil: found.knownUntil,
    async consume() {
      const rejected = await proof.consume()
      if (rejected !== undefined) throw refuse(rejected)
    },
  }
}

/**
 * What a rejection depends on: on what is known of the client, which may be outdated, or on the request alone, which is
 * wrong whatever the client publishes by now.
 */
const judgedBy: Readonly<Record<ClientRejection, 'metadata' | 'request'>> = {
  assertion_algorithm: 'metadata',
  assertion_audience: 'request',
  assertion_critical_header: 'request',
  assertion_expired: 'request',
  assertion_issued_in_the_future: 'request',
  assertion_jti: 'request',
  assertion_key_ambiguous: 'metadata',
  assertion_lifetime: 'request',
  assertion_malformed: 'request',
  assertion_not_yet_valid: 'request',
  assertion_replayed: 'request',
  assertion_signature: 'metadata',
  assertion_subject: 'request',
  assertion_type: 'request',
  client_deleted: 'request',
  client_method: 'metadata',
  client_secret: 'request',
  client_secret_expired: 'request',
  client_unknown: 'request',
}

/** A client that is told that it failed throws its tokens away: it is not to do so because nobody can ask its website. */
function unproven(clientId: string): OAuthError {
  return errorOfClient(unavailable('client_unproven'), clientId)
}

/** Outages in which somebody has tried to be a client, and nobody can tell yet whether they are. */
const unprovenReasons: ReadonlySet<FailureReason | undefined> = new Set<FailureReason>([
  'client_unproven',
  'key_not_looked_up',
])

/** Whether an error says that somebody has tried to be a client, and could not prove it, or not yet. */
export function isFailedProof(error: unknown): error is OAuthError {
  if (!(error instanceof OAuthError)) return false
  return error.code === 'invalid_client' || unprovenReasons.has(error.reason)
}

/** Stands in for a client that is not there. It has neither secret nor key. */
function decoyClient(clientId: string): ClientRecord {
  return {
    client: {
      client_id: clientId,
      redirect_uris: [],
      grant_types: [],
      response_types: [],
      token_endpoint_auth_method: '',
    },
    origin: 'registration',
    secrets: [],
  }
}
