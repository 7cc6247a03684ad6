import type { AccessToken } from '@tollgate/auth-core/resource-server'
import type { Request } from 'express'

/** What the verified token of the request says; `undefined` if `requireBearerAuth` has not let it pass. */
export function getAuth(request: Request): AccessToken | undefined {
  return (request as Request & { auth?: AccessToken }).auth
}
