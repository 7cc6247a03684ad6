import type { HttpResponse } from '../../http/http-response.js'
import { randomToken } from '../../runtime/crypto.js'
import { retainApprovedClient } from '../client-registry/extend-registration.js'
import { codeReplayWindow } from '../records/stored-records.js'
import type { ServerCall } from '../server/server-call.js'
import { currentMarks } from '../tokens/revocation-marks.js'
import type { AuthorizationRequest } from './authorization-request.js'
import { authorizationResponse } from './authorization-response.js'
import type { SignedIn } from './sign-in.js'

/** What was so before the application was asked who the user is. */
export interface AuthorizationStart {
  readonly at: number
  /** The revocation marks of the user and the client, where it is known already who the user must be. */
  readonly marks?: readonly string[]
}

/**
 * Issues an authorization code for what the user allowed, and the redirect that carries it to the client.
 *
 * It counts as given when the application began to be asked: a session that was ended, and whose tokens were revoked,
 * while the application was still answering has authorized nothing.
 */
export async function grantAuthorization(
  call: Pick<ServerCall, 'server' | 'http'>,
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
