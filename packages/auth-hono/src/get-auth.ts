import type { AccessToken, AuthProviderLike } from '@tollgate/auth-core/resource-server'
import type { Context } from 'hono'

/**
 * The context variables that `requireBearerAuth` sets. Handlers behind it in the same route have their types. For others,
 * write `new Hono<{ Variables: AuthVariables }>()`. With `allowAnonymous`, they are `Partial`.
 */
export interface AuthVariables<Claims extends object = Record<string, unknown>> {
  auth: AccessToken<Claims>
}

/**
 * Returns the verified token of the request. `undefined` if it has none, or if `requireBearerAuth` has not admitted it.
 *
 * @param provider Sets the type of `claims`, and is not used otherwise. Pass the provider of the gate.
 */
export function getAuth<Claims extends object = Record<string, unknown>>(
  c: Context,
  _provider?: Pick<AuthProviderLike<Claims>, 'verifyToken'>,
): AccessToken<Claims> | undefined {
  return c.get('auth') as AccessToken<Claims> | undefined
}
