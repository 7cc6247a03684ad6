import { hintFor } from '../../events/failure-hints.js'
import type { HttpRequest } from '../../http/http-request.js'
import type { RequestParameters } from '../../http/request-parameters.js'
import { OAuthError, unavailable, withClientId } from '../../oauth/oauth-error.js'
import type { ClientRejection, FailureReason, Outage } from '../../oauth/reasons.js'
import { acceptsMethod } from '../clients/authentication-methods.js'
import type { ClientRecord, FindClient, OAuthClient } from '../clients/client.js'
import { enforceRateLimit, type LimitedCall } from '../rate-limit/rate-limit.js'
import { type CredentialContext, checkCredentials } from './methods.js'
import { basicChallenge, readPresentedCredentials } from './presented-credentials.js'

/** A client that has proved who it is. */
export interface AuthenticatedClient {
  readonly client: OAuthClient
  /**
   * Whether the operator configured the client. An authenticator of your own may leave it out: `TokenHandler` also looks in
   * `clients`. `true` exempts a client that is not in `clients` from `requestsPerUnconfiguredClient`.
   */
  readonly isConfigured?: boolean | undefined
  /** When the registration expires if the client gets no tokens before. `undefined`: Tollgate looks it up. */
  readonly registeredUntil?: number | undefined
  /**
   * Consumes the client's proof, if that works only once. Call it after the rest of the request has been checked, and
   * before anything is changed: a request that is refused must not cost the client its proof.
   *
   * Rejects with `invalid_client` if another request has consumed the proof.
   */
  readonly consume: () => Promise<void>
}

/** The server that clients authenticate at. An `AuthorizationServer` is one. */
export interface ClientAuthority extends CredentialContext {
  readonly findClient: FindClient
  /** Whether assertions must be for the issuer, and not for the token endpoint. */
  readonly strictAudience: boolean
}

/** The request of a client that authenticates. A `ServerCall` is one. */
export interface ClientCall extends LimitedCall {
  readonly server: ClientAuthority
  readonly http: HttpRequest
}

/** Finds out which client a request is from, or throws `invalid_client`. */
export type AuthenticateClient<Call extends ClientCall = ClientCall> = (
  call: Call,
  form: RequestParameters,
) => Promise<AuthenticatedClient>

/**
 * Authenticates the client of a request by a method that it may use: see {@link acceptsMethod}. The token, revocation and
 * introspection endpoints all call it.
 *
 * @throws `invalid_client`, always 401, which does not tell an unknown client from a wrong secret;
 * `temporarily_unavailable` if the client's current metadata or keys might accept the credentials, and cannot be fetched.
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
  // An unknown client, or one with another method, takes the same steps and therefore the same time.
  const record = isItsMethod ? found : decoyClient(credentials.clientId)
  // Approved clients are never limited here: others could lock them out. Unapproved clients have no tokens to lose.
  if (credentials.method === 'private_key_jwt' && (found === undefined || found.isUnapproved === true))
    await enforceRateLimit(call, { stage: 'proving' })
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
    registeredUntil: found.registeredUntil,
    async consume() {
      const rejected = await proof.consume()
      if (rejected !== undefined) throw refuse(rejected)
    },
  }
}

/**
 * What a rejection depends on: the client's metadata, which may be outdated, so that the response is 503; or the request
 * alone, which no newer metadata would make valid, so that it is 401.
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

/** 503 and not 401, at which clients discard their tokens: that its website is down is not the client's failure. */
function unproven(clientId: string): OAuthError {
  return withClientId(unavailable('client_unproven'), clientId)
}

/** The outages in which credentials were presented, and could not be checked. */
const unprovenOutages: ReadonlySet<FailureReason | undefined> = new Set<Outage>([
  'client_unproven',
  'key_not_looked_up',
])

/** Whether an error says that presented credentials did not, or could not yet, prove who the client is. */
export function isFailedProof(error: unknown): error is OAuthError {
  if (!(error instanceof OAuthError)) return false
  return error.code === 'invalid_client' || unprovenOutages.has(error.reason)
}

/** Stands in for an unknown client. It has no secret and no key. */
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
