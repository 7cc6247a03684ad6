import type { AccessToken, AuthProviderLike } from '@tollgate/auth-core/resource-server'
import type { Request } from 'express'

/**
 * Returns the verified token of the request. `undefined` if it has none, or if `requireBearerAuth` has not admitted it.
 *
 * @param provider Sets the type of `claims`, and is not used otherwise. Pass the provider of the gate.
 */
export function getAuth<Claims extends object = Record<string, unknown>>(
  request: Request,
  _provider?: Pick<AuthProviderLike<Claims>, 'verifyToken'>,
): AccessToken<Claims> | undefined {
  return (request as Request & { auth?: AccessToken<Claims> }).auth
}
