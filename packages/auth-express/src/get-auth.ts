import type { AccessToken, AuthProviderLike } from '@tollgate/auth-core/resource-server'
import type { Request } from 'express'

/**
 * What the verified token of the request says; `undefined` if `requireBearerAuth` has not let it pass.
 *
 * @param provider Used for its type alone: that of `claims`. Pass the provider of the gate.
 */
export function getAuth<Claims extends object = Record<string, unknown>>(
  request: Request,
  _provider?: Pick<AuthProviderLike<Claims>, 'verifyToken'>,
): AccessToken<Claims> | undefined {
  return (request as Request & { auth?: AccessToken<Claims> }).auth
}
