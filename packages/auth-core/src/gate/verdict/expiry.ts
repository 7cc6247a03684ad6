import type { AccessToken } from '../../contract/access-token.js'
import type { AuthProviderLike } from '../../contract/auth-provider-like.js'
import { longestTolerance } from '../../options/rows.js'
import { systemClock } from '../../runtime/clock.js'

/** Whether a token has expired, by the clock of its provider. Negated so that a NaN clock or expiry counts as expired. */
export function hasExpired(
  { expiresAt }: Pick<AccessToken, 'expiresAt'>,
  provider: Pick<AuthProviderLike, 'now' | 'clockTolerance'>,
): boolean {
  if (expiresAt === undefined) return false
  const now = provider.now?.() ?? systemClock()
  // Fast path.
  if (expiresAt > now) return false
  const tolerance = Math.min(provider.clockTolerance ?? 0, longestTolerance)
  return !(expiresAt > now - tolerance)
}
