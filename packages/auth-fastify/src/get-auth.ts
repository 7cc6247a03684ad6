import type { AccessToken, AuthProviderLike } from '@tollgate/auth-core/resource-server'
import type { FastifyRequest } from 'fastify'

/**
 * Returns the verified token of the request. `undefined` if it has none, or if `requireBearerAuth` has not admitted it.
 *
 * @param provider Sets the type of `claims`, and is not used otherwise. Pass the provider of the gate.
 */
export function getAuth<Claims extends object = Record<string, unknown>>(
  request: FastifyRequest,
  _provider?: Pick<AuthProviderLike<Claims>, 'verifyToken'>,
): AccessToken<Claims> | undefined {
  return (request.raw as FastifyRequest['raw'] & { auth?: AccessToken<Claims> }).auth
}
