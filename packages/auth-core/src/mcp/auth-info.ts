import type { AccessToken } from '../contract/access-token.js'
import type { AuthProviderLike } from '../contract/auth-provider-like.js'

/**
 * Returns the verified token of a tool call from the SDK's `authInfo` (v1: `extra.authInfo`, v2: `ctx.http?.authInfo`).
 *
 * It verifies nothing: only the gate in front of the tool does.
 *
 * @param _provider Sets the type of `claims`, and is not used otherwise. Pass the provider of the gate.
 * @returns `undefined` if `authInfo` is not an `AccessToken`, because no gate of this library admitted the request.
 */
export function accessTokenOf<Claims extends object = Record<string, unknown>>(
  authInfo: unknown,
  _provider?: Pick<AuthProviderLike<Claims>, 'verifyToken'>,
): AccessToken<Claims> | undefined {
  // Checked by shape: the SDKs copy the object, and an application may have two copies of this library.
  const { token, clientId, scopes, claims, extra } = (authInfo ?? {}) as Partial<AccessToken<Claims>>
  const isOurs =
    typeof token === 'string' &&
    typeof clientId === 'string' &&
    Array.isArray(scopes) &&
    claims !== undefined &&
    extra?.['claims'] === claims
  return isOurs ? (authInfo as AccessToken<Claims>) : undefined
}
