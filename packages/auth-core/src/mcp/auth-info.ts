import type { AccessToken } from '../contract/access-token.js'
import type { AuthProviderLike } from '../contract/auth-provider-like.js'

/**
 * The verified token of a tool call: give it what the SDK calls `authInfo` (v1: `extra.authInfo`, v2:
 * `ctx.http?.authInfo`).
 *
 * @param provider Used for its type alone: that of `claims`. Pass the provider whose gate the request came through.
 * @returns `undefined` if it is not an `AccessToken`: there was no gate, or it was not one with our verifiers.
 */
export function accessTokenOf<Claims extends object = Record<string, unknown>>(
  authInfo: unknown,
  _provider?: Pick<AuthProviderLike<Claims>, 'verifyToken'>,
): AccessToken<Claims> | undefined {
  // Not by class: the SDKs copy the object, and there may be two copies of this library.
  const { token, clientId, scopes, claims, extra } = (authInfo ?? {}) as Partial<AccessToken<Claims>>
  const isOurs =
    typeof token === 'string' &&
    typeof clientId === 'string' &&
    Array.isArray(scopes) &&
    claims !== undefined &&
    extra?.['claims'] === claims
  return isOurs ? (authInfo as AccessToken<Claims>) : undefined
}
