import type { AccessToken } from '../../contract/access-token.js'
import type { AuthProviderLike, ChallengedToken } from '../../contract/auth-provider-like.js'
import {
  baseScopes,
  impliesScopeOf,
  type ScopeRules,
  scopesForOperation,
} from '../../contract/required-scopes.js'
import type { EventListener } from '../../events/auth-event.js'
import type { HttpResponse } from '../../http/http-response.js'
import { hasScopes, type ImpliesScope } from '../../oauth/scope.js'
import type { Refusals } from './bearer-challenge.js'

/** What a gate reads of a token when it checks scopes. */
export type GrantedToken = Pick<AccessToken, 'scopes'> &
  Partial<Pick<AccessToken, 'clientId' | 'subject'>> &
  ChallengedToken

/** Checks the scopes of tokens, for one gate. */
export interface ScopeCheck {
  /**
   * Returns the 403 for a verified token that lacks scopes which every request needs.
   *
   * @param reported The scopes that the provider has reported for this token. They count only if the provider lists them
   * in `requiredScopesOfSources`.
   */
  refuseAdmission(
    accessToken: AccessToken<object>,
    reported: readonly string[] | undefined,
  ): HttpResponse | undefined
  /** See `BearerGate.refuseMissingScopes`. */
  refuseMissingScopes(
    accessToken: GrantedToken | undefined,
    scopes: readonly string[],
  ): HttpResponse | undefined
}

/** @param rules What tokens need at this gate. */
export function createScopeCheck(
  provider: Pick<AuthProviderLike, 'noteScopeChallenge'> & ScopeRules,
  rules: ScopeRules,
  refusals: Refusals,
  emit: EventListener,
): ScopeCheck {
  const { impliesScope, impliesScopeOfSources, requiredScopesOfSources } = provider
  const base = baseScopes(rules)
  /** The source of each admitted token. Nothing else records it, and scopes mean what the source says. */
  const sourceOf = impliesScopeOfSources === undefined ? undefined : new WeakMap<object, number>()

  /** @param source -1 if it is unknown. */
  function requiredOf(source: number): readonly string[] {
    return rules.requiredScopesOfSources?.[source] ?? rules.requiredScopes
  }

  function impliesIn(source: number): ImpliesScope | undefined {
    return source < 0 ? impliesScope : impliesScopeOf(source, provider)
  }

  function impliesScopeFailed(cause: unknown): HttpResponse {
    emit({ type: 'source.unavailable', source: 'implies_scope', cause })
    return refusals.outage(cause)
  }

  function refuse(accessToken: GrantedToken, needed: readonly string[]): HttpResponse {
    const { clientId, subject } = accessToken
    emit({ type: 'scope.missing', clientId, subject, scopes: needed })
    provider.noteScopeChallenge?.(accessToken)
    return refusals.insufficientScope(needed)
  }

  return {
    refuseAdmission(accessToken, reported) {
      const source = reported === undefined ? -1 : (requiredScopesOfSources?.indexOf(reported) ?? -1)
      if (source >= 0) sourceOf?.set(accessToken, source)
      const required = requiredOf(source)
      try {
        if (hasScopes(accessToken.scopes, required, impliesIn(source))) return undefined
      } catch (cause) {
        return impliesScopeFailed(cause)
      }
      return refuse(accessToken, required)
    },

    refuseMissingScopes(accessToken, scopes) {
      if (accessToken === undefined) return refusals.withoutToken([...new Set([...base, ...scopes])])
      if (scopes.length === 0) return undefined
      const source = sourceOf?.get(accessToken)
      const rulesOfToken =
        source === undefined ? rules : { requiredScopes: requiredOf(source), impliesScope: impliesIn(source) }
      try {
        const { needed, isHeld } = scopesForOperation(accessToken.scopes, scopes, rulesOfToken)
        return isHeld ? undefined : refuse(accessToken, needed)
      } catch (cause) {
        return impliesScopeFailed(cause)
      }
    },
  }
}
