import { OAuthError, unavailable } from '../../oauth/oauth-error.js'
import type { GrantedAuthorization } from '../records/stored-records.js'
import { currentMarks, isMarkedRevoked, type MarkStorage } from './revocation-marks.js'

/** The authorization that tokens are about to be issued for. */
export interface ContinuedAuthorization {
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  /** When the user allowed it. Seconds since the epoch. */
  readonly authorizedAt: number
  /** When the user authenticated, if `signIn` returned it. Seconds since the epoch. */
  readonly authenticatedAt?: number | undefined
}

/**
 * Returns whether a user may still have tokens: `false` for a disabled user, or one whose password is newer than
 * `authorizedAt`. Called when a code is redeemed and at every refresh, before anything is consumed.
 *
 * If it throws, the server responds 503. The client tries again and loses nothing.
 */
export type IsUserAllowed = (
  subject: string,
  authorization: ContinuedAuthorization,
) => boolean | Promise<boolean>

/** Why an authorization ended early. */
export type EndedAuthorization = 'revoked' | 'user_refused'

/** What decides whether an authorization continues. An `AuthorizationServer` is one. */
export interface AuthorizationCheck extends MarkStorage {
  readonly isUserAllowed: IsUserAllowed | undefined
}

/** Returns why an authorization has ended; `undefined` if it has not. */
export async function endReason(
  server: AuthorizationCheck,
  authorization: GrantedAuthorization,
): Promise<EndedAuthorization | undefined> {
  if (isMarkedRevoked(authorization.marks, await currentMarks(server, authorization))) return 'revoked'
  return (await askApplication(server, authorization)) ? undefined : 'user_refused'
}

async function askApplication(
  { isUserAllowed }: Pick<AuthorizationCheck, 'isUserAllowed'>,
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
  if (typeof answer !== 'boolean')
    throw new TypeError('OAuthProvider: "isUserAllowed" must return true or false.')
  return answer
}
