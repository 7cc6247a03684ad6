import type { AccessToken, AuthProviderLike } from '@tollgate/auth-core/resource-server'
import type { FastifyRequest } from 'fastify'

/**
 * What the verified token of the request says; `undefined` if `requireBearerAuth` has not let it pass.
 *
 * @param provider Used for its type alone: that of `claims`. Pass the provider of the gate.
 */
export function getAuth<Claims extends object = Record<string, unknown>>(
  request: FastifyRequest,
  _provider?: Pick<AuthProviderLike<Claims>, 'verifyToken'>,
): AccessToken<Claims> | undefined {
  return (request.raw as FastifyRequest['raw'] & { auth?: AccessToken<Claims> }).auth
}
