import type { AuthProviderLike } from './auth-provider.js'
import { hasScopes } from './scope.js'

type ScopeRules = Pick<AuthProviderLike, 'requiredScopes' | 'requiredScopesOfSources' | 'impliesScope'>

/**
 * What a request without a valid token is told to get: what the first source of tokens requires, which is the server if
 * there is one. Clients get their tokens there, and it may not know the scopes of others.
 */
export function baseScopes({ requiredScopes, requiredScopesOfSources }: ScopeRules): readonly string[] {
  return requiredScopesOfSources?.[0] ?? requiredScopes
}

/**
 * What a token needs for an operation, if a gate has admitted it: the scopes of the operation, and those that its source
 * requires. Which source that is, the token does not say: it is one whose scopes it has.
 *
 * @throws what `impliesScope` throws.
 */
export function scopesForOperation(
  granted: readonly string[],
  operation: readonly string[],
  { requiredScopes, requiredScopesOfSources, impliesScope }: ScopeRules,
): readonly string[] {
  const held = (requiredScopesOfSources ?? []).filter((scopes) => hasScopes(granted, scopes, impliesScope))
  return [...new Set([...(held.length === 0 ? requiredScopes : held.flat()), ...operation])]
}

/**
 * What the tokens of each source need: what the source requires. If it requires nothing, they need what the server
 * requires, and without a server, what all others require: nobody has said that they need nothing.
 */
export function requiredOfEach(
  server: ScopeRules | undefined,
  sources: readonly ScopeRules[],
): readonly (readonly string[])[] {
  const common = server?.requiredScopes ?? unionOf(sources.map(({ requiredScopes }) => requiredScopes))
  return sources.map(({ requiredScopes }) => (requiredScopes.length === 0 ? common : requiredScopes))
}

export function unionOf(lists: readonly (readonly string[])[]): readonly string[] {
  return [...new Set(lists.flat())]
}

/** Whether two lists have the same scopes, in whichever order. */
export function areSameScopes(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((scope) => other.includes(scope))
}
