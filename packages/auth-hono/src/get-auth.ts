import type { AccessToken, AuthProviderLike } from '@tollgate/auth-core/resource-server'
import type { Context } from 'hono'

/**
 * The context variables that `requireBearerAuth` sets. A handler behind it in the same route knows them by itself; for
 * others, `new Hono<{ Variables: AuthVariables }>()`. With `allowAnonymous`, they are `Partial`.
 */
export interface AuthVariables<Claims extends object = Record<string, unknown>> {
  auth: AccessToken<Claims>
}

/**
 * What the verified token of the request says; `undefined` if `requireBearerAuth` has not let it pass.
 *
 * @param provider Used for its type alone: that of `claims`. Pass the provider of the gate.
 */
export function getAuth<Claims extends object = Record<string, unknown>>(
  c: Context,
  _provider?: Pick<AuthProviderLike<Claims>, 'verifyToken'>,
): AccessToken<Claims> | undefined {
  return c.get('auth') as AccessToken<Claims> | undefined
}
