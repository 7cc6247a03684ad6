import type { AccessToken } from '@tollgate/auth-core/resource-server'
import type { Context } from 'hono'

/** The context variables that `requireBearerAuth` sets: `new Hono<{ Variables: AuthVariables }>()`. */
export interface AuthVariables {
  auth: AccessToken
}

/** What the verified token of the request says; `undefined` if `requireBearerAuth` has not let it pass. */
export function getAuth(c: Context): AccessToken | undefined {
  return c.get('auth') as AccessToken | undefined
}
