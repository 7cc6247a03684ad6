import { hasScopes, type ImpliesScope } from '../oauth/scope.js'
import type { AuthProviderLike } from './auth-provider-like.js'

export type ScopeRules = Pick<
  AuthProviderLike,
  'requiredScopes' | 'requiredScopesOfSources' | 'impliesScope' | 'impliesScopeOfSources'
>

/**
 * The scopes of the challenge for a request without a valid token: those of the first source, which is the server if
 * there is one. Clients get their tokens there, and that server may not know the scopes of other sources.
 */
export function baseScopes({ requiredScopes, requiredScopesOfSources }: ScopeRules): readonly string[] {
  return requiredScopesOfSources?.[0] ?? requiredScopes
}

/**
 * The scopes that an admitted token needs for an operation: those of the operation and those that its source requires.
 *
 * A token does not name its source, which is one whose required scopes it has. If several sources are possible, the token
 * holds only the scopes that it holds by the rules of each: another source may give the name `admin` to a harmless scope.
 *
 * @throws the errors of `impliesScope`.
 */
export function scopesForOperation(
  granted: readonly string[],
  operation: readonly string[],
  { requiredScopes, requiredScopesOfSources, impliesScope, impliesScopeOfSources }: ScopeRules,
): { readonly needed: readonly string[]; readonly isHeld: boolean } {
  const held = (requiredScopesOfSources ?? [])
    .map((required, i) => ({
      required,
      impliesScope: impliesScopeOf(i, { impliesScope, impliesScopeOfSources }),
    }))
    .filter((rules) => hasScopes(granted, rules.required, rules.impliesScope))
  const candidates = held.length === 0 ? [{ required: requiredScopes, impliesScope }] : held
  const needed = unionOf([...candidates.map(({ required }) => required), operation])
  return { needed, isHeld: candidates.every((rules) => hasScopes(granted, needed, rules.impliesScope)) }
}

/** The `impliesScope` of one source. */
export function impliesScopeOf(
  i: number,
  { impliesScope, impliesScopeOfSources }: Pick<ScopeRules, 'impliesScope' | 'impliesScopeOfSources'>,
): ImpliesScope | undefined {
  return impliesScopeOfSources === undefined ? impliesScope : impliesScopeOfSources[i]
}

export function unionOf(lists: readonly (readonly string[])[]): readonly string[] {
  return [...new Set(lists.flat())]
}

/** Whether two lists have the same scopes, in any order. */
export function areSameScopes(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((scope) => other.includes(scope))
}
