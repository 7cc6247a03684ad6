import type { EventListener } from '../../events/auth-event.js'
import type { HttpRequest } from '../../http/http-request.js'
import type { HttpResponse } from '../../http/http-response.js'
import type { Clock } from '../../runtime/clock.js'
import { randomToken } from '../../runtime/crypto.js'
import { type ClientRetention, retainApprovedClient } from '../client-registry/extend-registration.js'
import type { Lifetimes } from '../records/lifetimes.js'
import type { Records } from '../records/records.js'
import { codeReplayWindow } from '../records/stored-records.js'
import { currentMarks } from '../tokens/revocation-marks.js'
import type { AuthorizationRequest } from './authorization-request.js'
import { authorizationResponse } from './authorization-response.js'
import type { SignedIn } from './sign-in.js'

/** The state before the sign-in hook was called. */
export interface AuthorizationStart {
  /** Seconds since the epoch. */
  readonly at: number
  /** The revocation marks of the user and the client, if the user is already known. */
  readonly marks?: readonly string[]
}

/** The members of `ServerCall` that issuing codes needs. */
export interface CodeCall {
  readonly server: ClientRetention & {
    readonly issuer: string
    readonly records: Pick<Records, 'codes' | 'revocationMarks'>
    readonly lifetimes: Pick<Lifetimes, 'authorizationCode'>
    readonly now: Clock
  }
  readonly http: Pick<HttpRequest, 'method'>
}

/**
 * Issues an authorization code for what the user allowed. Returns the code and the redirect to the client.
 *
 * The authorization counts from the call of the sign-in hook. If the user's tokens are revoked while the hook runs, the
 * code is revoked, too.
 */
export async function issueCode(
  call: CodeCall,
  authorization: AuthorizationRequest,
  user: SignedIn,
  start: AuthorizationStart,
): Promise<{ code: string; response: HttpResponse }> {
  const { server } = call
  const { client, redirectUri, codeChallenge, scopes, resources } = authorization
  const code = randomToken()
  const now = server.now()
  const expiresAt = now + server.lifetimes.authorizationCode
  const owner = { subject: user.subject, clientId: client.client_id }
  const record = {
    ...owner,
    redirectUri,
    codeChallenge,
    scopes,
    resources,
    claims: user.claims ?? {},
    authorizedAt: start.at,
    authenticatedAt: user.authenticatedAt,
    marks: start.marks ?? (await currentMarks(server, owner)),
    expiresAt,
  }
  await retainApprovedClient(server, authorization)
  await server.records.codes.save(code, record, expiresAt + codeReplayWindow)
  return { code, response: authorizationResponse(call, authorization, { code }) }
}

/** Reports that a user has approved a client's request. */
export function reportGranted(
  { emit }: { readonly emit: EventListener },
  authorization: AuthorizationRequest,
  subject: string,
): void {
  emit({ type: 'authorization.granted', ...termsOf(authorization, subject) })
}

/** Returns what events contain of an authorization. */
export function termsOf({ clientId, scopes, resources }: AuthorizationRequest, subject: string) {
  return { clientId, subject, scopes, resources }
}
