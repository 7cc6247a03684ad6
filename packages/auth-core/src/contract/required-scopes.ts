import { hasScopes, type ImpliesScope } from '../oauth/scope.js'
import type { AuthProviderLike } from './auth-provider-like.js'

export type ScopeRules = Pick<
  AuthProviderLike,
  'requiredScopes' | 'requiredScopesOfSources' | 'impliesScope' | 'impliesScopeOfSources'
>

/** What the tokens of one source need. */
export interface SourceRules {
  /** What a provider with several sources reports for such a token: an object of its own. */
  readonly required: readonly string[]
  readonly impliesScope: ImpliesScope | undefined
  /** What the source itself reports, if it has several sources. */
  readonly reported?: readonly string[] | undefined
}

/**
 * What a request without a valid token is told to get: what the first source of tokens requires, which is the server if
 * there is one. Clients get their tokens there, and it may not know the scopes of others.
 */
export function baseScopes({ requiredScopes, requiredScopesOfSources }: ScopeRules): readonly string[] {
  return requiredScopesOfSources?.[0] ?? requiredScopes
}

/**
 * What a token needs for an operation, if a gate has admitted it: the scopes of the operation, and those that its source
 * requires. Which source that is, the token does not say: it is one whose scopes it has. If it may be of several, it holds
 * only what it holds by the rules of each, because a scope of one source may have the name of another's `admin`.
 *
 * @throws what `impliesScope` throws.
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

/** Which scopes include others in the tokens of a source. */
export function impliesScopeOf(
  i: number,
  { impliesScope, impliesScopeOfSources }: Pick<ScopeRules, 'impliesScope' | 'impliesScopeOfSources'>,
): ImpliesScope | undefined {
  return impliesScopeOfSources === undefined ? impliesScope : impliesScopeOfSources[i]
}

/** What all sources say of which scopes include others, if they agree. `undefined` if they do not. */
export function sharedImpliesScope(sources: readonly ScopeRules[]): ImpliesScope | undefined {
  const [first, ...others] = sources.flatMap(
    ({ impliesScope, impliesScopeOfSources }) => impliesScopeOfSources ?? [impliesScope],
  )
  return others.every((one) => one === first) ? first : undefined
}

/**
 * What the tokens of each source need: what the source requires. If it requires nothing, they need what the server
 * requires, and without a server, what all others require: nobody has said that they need nothing.
 */
export function requiredOfEach(
  server: ScopeRules | undefined,
  sources: readonly ScopeRules[],
): readonly (readonly string[])[] {
  const common = commonOf(server, sources)
  return sources.map(({ requiredScopes }) => (requiredScopes.length === 0 ? common : requiredScopes))
}

/**
 * The rules of each source: several where it has several sources itself. One of those that requires nothing is a source that
 * requires nothing here, too: see `requiredOfEach`.
 *
 * @param all What is said for all of them.
 */
export function rulesOfEach(
  server: ScopeRules | undefined,
  sources: readonly ScopeRules[],
  all: Partial<Pick<ScopeRules, 'requiredScopes' | 'impliesScope'>>,
): readonly (readonly SourceRules[])[] {
  const common = all.requiredScopes ?? commonOf(server, sources)
  // A copy where it was not reported as it is: sources may share a list, and the list says which source it was.
  const requiredIn = (own: readonly string[]) =>
    Object.freeze([...(all.requiredScopes !== undefined || own.length === 0 ? common : own)])
  return sources.map((source) => {
    const lists = source.requiredScopesOfSources
    if (lists === undefined) {
      const impliesScope = all.impliesScope ?? source.impliesScope
      return [{ required: requiredIn(source.requiredScopes), impliesScope }]
    }
    return lists.map((reported, i) => ({
      required: all.requiredScopes === undefined && reported.length > 0 ? reported : requiredIn(reported),
      impliesScope: all.impliesScope ?? impliesScopeOf(i, source),
      reported,
    }))
  })
}

function commonOf(server: ScopeRules | undefined, sources: readonly ScopeRules[]): readonly string[] {
  return server?.requiredScopes ?? unionOf(sources.map(({ requiredScopes }) => requiredScopes))
}

export function unionOf(lists: readonly (readonly string[])[]): readonly string[] {
  return [...new Set(lists.flat())]
}

/** Whether two lists have the same scopes, in whichever order. */
export function areSameScopes(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((scope) => other.includes(scope))
}
