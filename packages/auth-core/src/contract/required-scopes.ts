import { hasScopes, type ImpliesScope } from '../oauth/scope.js'
import type { AuthProviderLike } from './auth-provider-like.js'

export type ScopeRules = Pick<
  AuthProviderLike,
  'requiredScopes' | 'requiredScopesOfSources' | 'impliesScope' | 'impliesScopeOfSources'
>

/** What tokens of one source need. */
export interface SourceRules {
  /** The list that a provider with several sources reports for such a token. Its identity marks the source. */
  readonly required: readonly string[]
  readonly impliesScope: ImpliesScope | undefined
  /** The list that the source reports, if it has several sources itself. */
  readonly reported?: readonly string[] | undefined
}

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

/** The `impliesScope` that all sources share. `undefined` if they differ. */
export function sharedImpliesScope(sources: readonly ScopeRules[]): ImpliesScope | undefined {
  const [first, ...others] = sources.flatMap(
    ({ impliesScope, impliesScopeOfSources }) => impliesScopeOfSources ?? [impliesScope],
  )
  return others.every((one) => one === first) ? first : undefined
}

/**
 * The scopes that tokens of each source need: those that the source requires. A source that requires none takes those of
 * the server, or without a server, those of all other sources: an absent setting must not let tokens in.
 */
export function requiredOfEach(
  server: ScopeRules | undefined,
  sources: readonly ScopeRules[],
): readonly (readonly string[])[] {
  const common = commonOf(server, sources)
  return sources.map(({ requiredScopes }) => (requiredScopes.length === 0 ? common : requiredScopes))
}

/**
 * The rules of each source, flattened if a source has several sources itself. An inner source that requires no scopes is
 * treated like an outer one: see `requiredOfEach`.
 *
 * @param all The settings that apply to all sources.
 */
export function rulesOfEach(
  server: ScopeRules | undefined,
  sources: readonly ScopeRules[],
  all: Partial<Pick<ScopeRules, 'requiredScopes' | 'impliesScope'>>,
): readonly (readonly SourceRules[])[] {
  const common = all.requiredScopes ?? commonOf(server, sources)
  // A copy, because sources may share a list, and the identity of the list marks the source.
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

/** Whether two lists have the same scopes, in any order. */
export function areSameScopes(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((scope) => other.includes(scope))
}
