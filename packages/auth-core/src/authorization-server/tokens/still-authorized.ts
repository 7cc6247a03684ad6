import { OAuthError, unavailable } from '../../oauth/oauth-error.js'
import type { GrantedAuthorization } from '../records/stored-records.js'
import type { AuthorizationServer } from '../server/authorization-server.js'
import { currentMarks, isMarkedRevoked } from './revocation-marks.js'

/** What tokens are about to be issued for. */
export interface ContinuedAuthorization {
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  /** When the user allowed it, in seconds since the epoch. */
  readonly authorizedAt: number
  /** When the user proved who they are, if `signIn` said so. */
  readonly authenticatedAt?: number | undefined
}

/**
 * Tells whether a user may still have tokens: `false` for one who was disabled, or whose password is newer than
 * `authorizedAt`. Asked when a code is redeemed and at every refresh, before anything is used up.
 *
 * What it throws is an outage: the client is told to try again, and loses nothing.
 */
export type IsUserAllowed = (
  subject: string,
  authorization: ContinuedAuthorization,
) => boolean | Promise<boolean>

/** Why an authorization ended before its time. */
export type EndedAuthorization = 'revoked' | 'user_refused'

/** Why an authorization is not good for tokens any more; `undefined` if it is. */
export async function whyEnded(
  server: AuthorizationServer,
  authorization: GrantedAuthorization,
): Promise<EndedAuthorization | undefined> {
  if (isMarkedRevoked(authorization.marks, await currentMarks(server, authorization))) return 'revoked'
  return (await askApplication(server, authorization)) ? undefined : 'user_refused'
}

async function askApplication(
  { isUserAllowed }: AuthorizationServer,
  { subject, clientId, scopes, resources, authorizedAt, authenticatedAt }: GrantedAuthorization,
): Promise<boolean> {
  if (isUserAllowed === undefined) return true
  const authorization = { clientId, scopes, resources, authorizedAt, authenticatedAt }
  let answer: unknown
  try {
    answer = await isUserAllowed(subject, authorization)
  } catch (error) {
    throw error instanceof OAuthError ? error : unavailable('user_check_failed', error)
  }
  if (typeof answer !== 'boolean') throw new TypeError('isUserAllowed must answer true or false')
  return answer
}
