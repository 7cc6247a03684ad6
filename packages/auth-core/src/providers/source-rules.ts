import { areSameScopes, impliesScopeOf, type ScopeRules, unionOf } from '../contract/required-scopes.js'
import type { ImpliesScope } from '../oauth/scope.js'

/** What tokens of one source need. */
export interface SourceRules {
  /** The list that a provider with several sources reports for such a token. Its identity marks the source. */
  readonly required: readonly string[]
  readonly impliesScope: ImpliesScope | undefined
  /** The list that the source reports, if it has several sources itself. */
  readonly reported?: readonly string[] | undefined
}

/** The scope rules of a provider with several sources. */
export interface CombinedRules {
  /** The rules of each source. `undefined` if they are the same for all of them. */
  readonly rules: readonly (readonly SourceRules[])[] | undefined
  /** The scopes that each source requires. `undefined` if they are the same. */
  readonly requiredOfEach: readonly (readonly string[])[] | undefined
  readonly requiredScopesOfSources: readonly (readonly string[])[] | undefined
  readonly impliesScopeOfSources: readonly (ImpliesScope | undefined)[] | undefined
}

/**
 * Combines the rules of several sources.
 *
 * @param all The settings that apply to all sources.
 * @param common What tokens need if their source is unknown.
 */
export function combinedRules(
  server: ScopeRules | undefined,
  sources: readonly ScopeRules[],
  all: Partial<Pick<ScopeRules, 'requiredScopes' | 'impliesScope'>>,
  common: Pick<ScopeRules, 'requiredScopes' | 'impliesScope'>,
): CombinedRules {
  const rules = rulesOfEach(server, sources, all)
  const each = rules.flat()
  const requireTheSame = each.every(({ required }) => areSameScopes(required, common.requiredScopes))
  const implyTheSame = each.every(({ impliesScope }) => impliesScope === common.impliesScope)
  const areTheSame = requireTheSame && implyTheSame
  return {
    rules: areTheSame ? undefined : rules,
    requiredOfEach: requireTheSame ? undefined : requiredOfEach(server, sources),
    requiredScopesOfSources: areTheSame ? undefined : each.map(({ required }) => required),
    impliesScopeOfSources: implyTheSame ? undefined : each.map(({ impliesScope }) => impliesScope),
  }
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
function rulesOfEach(
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
