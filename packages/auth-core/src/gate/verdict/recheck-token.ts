import type { AccessToken } from '../../contract/access-token.js'
import type { AuthProviderLike } from '../../contract/auth-provider-like.js'
import { isExpiryPresumed } from '../../contract/presumed-expiry.js'
import type { EventListener } from '../../events/auth-event.js'
import { reportFailure } from '../../events/listener.js'
import type { HttpResponse } from '../../http/http-response.js'
import { secondsBetween, systemClock } from '../../runtime/clock.js'
import type { Refusals } from '../refusals/bearer-challenge.js'
import type { ScopeCheck } from '../refusals/scope-check.js'
import type { Verdict } from './ask-provider.js'
import type { CachedTokens } from './cached-token.js'
import { hasExpired } from './expiry.js'
import type { TokenCheck } from './token-watch.js'

/** What is needed to check the tokens of open responses, for one gate. */
export interface TokenRecheck<Claims extends object> {
  readonly provider: Pick<AuthProviderLike<Claims>, 'now' | 'clockTolerance' | 'revocationLag'>
  readonly cached: CachedTokens<Claims>
  readonly refusals: Refusals
  readonly scopeCheck: ScopeCheck
  readonly emit: EventListener
  ask(token: string): Promise<Verdict<Claims>>
}

/** The longest pause between two questions, in seconds. Also the `revocationLag` of a provider that names none. */
const longestPause = 60

/** Makes the check of the token of one open response. An outage ends no response: its token may still be valid. */
export function recheckToken<Claims extends object>(
  { provider, cached, refusals, scopeCheck, emit, ask }: TokenRecheck<Claims>,
  accessToken: AccessToken<object>,
  token: string,
): TokenCheck<HttpResponse> {
  let latest = accessToken
  let askedAt: number | undefined
  let isAsking = false
  /** Consecutive questions without a verdict. */
  let failures = 0
  // A token that was just verified is cached, if the cache has all tokens. If it is missing, something has removed it.
  let wasCached = cached.isComplete

  function isDue(now: number): boolean {
    askedAt ??= now
    const lag = provider.revocationLag ?? longestPause
    const waited = secondsBetween(now, askedAt)
    if (failures > 0) return waited >= Math.max(1, Math.min(lag, pauseAfter(failures)))
    const isOverdue = isExpiryPresumed(latest) && hasExpired(latest, { now: () => now })
    return wasCached || isOverdue || waited >= Math.max(1, lag)
  }

  async function askAgain(): Promise<HttpResponse | undefined> {
    isAsking = true
    try {
      const { accessToken, required, ended } = await ask(token)
      if (accessToken === null || hasExpired(accessToken, provider)) return refusals.invalidToken(ended)
      latest = accessToken
      const refusal = scopeCheck.refuseAdmission(accessToken, required)
      const isOutage = refusal !== undefined && refusal.status >= 500
      failures = isOutage ? failures + 1 : 0
      return isOutage ? undefined : refusal
    } catch (error) {
      failures += 1
      reportFailure(emit, error)
      return undefined
    } finally {
      isAsking = false
    }
  }

  return function check() {
    try {
      if (!isExpiryPresumed(latest) && hasExpired(latest, provider)) return refusals.invalidToken()
      if (isAsking) return undefined
      if (cached.has(token)) {
        wasCached = true
        failures = 0
        return undefined
      }
      const now = provider.now?.() ?? systemClock()
      if (!isDue(now)) return undefined
      wasCached = false
      askedAt = now
      return askAgain()
    } catch (error) {
      // A clock or a getter of the application has failed. The next check may succeed.
      reportFailure(emit, error)
      return undefined
    }
  }
}

/** Seconds to wait after so many consecutive failures. */
function pauseAfter(failures: number): number {
  return Math.min(5 * 2 ** (failures - 1), longestPause)
}
