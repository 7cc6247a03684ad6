import type { AccessToken } from '@tollgate/auth-core/resource-server'
import type { FastifyRequest } from 'fastify'

/** What the verified token of the request says; `undefined` if `requireBearerAuth` has not let it pass. */
export function getAuth(request: FastifyRequest): AccessToken | undefined {
  return (request.raw as FastifyRequest['raw'] & { auth?: AccessToken }).auth
}
