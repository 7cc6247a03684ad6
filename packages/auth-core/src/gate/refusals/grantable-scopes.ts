import type { AuthProviderLike } from '../../contract/auth-provider-like.js'
import type { ToolScopes } from '../../mcp/tool-scopes.js'
import { hasScopes } from '../../oauth/scope.js'
import { nearestName } from '../../options/nearest-name.js'

/** The members of a provider that say which scopes its tokens can have. */
export type ScopeSource = Pick<AuthProviderLike, 'grantableScopes' | 'impliesScope' | 'impliesScopeOfSources'>

/**
 * Checks that tokens can have the scopes that something needs. Otherwise no request could use it. Does **not** check
 * anything if the provider does not know which scopes its tokens can have.
 *
 * @param needer The start of the error, for example `requireToolScopes: the tool "add_note" needs`.
 * @throws `TypeError` that names the scope, and the scopes that exist.
 */
export function checkGrantableScopes(
  { grantableScopes: grantable, impliesScope, impliesScopeOfSources = [] }: ScopeSource,
  scopes: readonly string[],
  needer: string,
): void {
  const rules = [impliesScope, ...impliesScopeOfSources]
  const stray =
    grantable === undefined
      ? undefined
      : scopes.find((scope) => !rules.some((rule) => canHave(grantable, scope, rule)))
  if (grantable === undefined || stray === undefined) return
  const nearest = nearestName(stray, grantable)
  const advice =
    nearest === undefined ? 'Add it to "scopesSupported", or remove it here.' : `Did you mean "${nearest}"?`
  const known = grantable.length === 0 ? 'which has none' : grantable.join(', ')
  throw new TypeError(`${needer} "${stray}", which is not in "scopesSupported" (${known}). ${advice}`)
}

/** Checks the scopes of tools, once for each table: the application passes the same table with every request. */
export function toolScopesCheck(provider: ScopeSource): (toolScopes: ToolScopes) => void {
  const checked = new WeakSet<ToolScopes>()
  return function checkToolScopes(toolScopes) {
    if (checked.has(toolScopes)) return
    for (const [tool, scopes] of Object.entries(toolScopes))
      checkGrantableScopes(provider, scopes, `requireToolScopes: the tool "${tool}" needs`)
    checked.add(toolScopes)
  }
}

function canHave(
  grantable: readonly string[],
  scope: string,
  impliesScope: AuthProviderLike['impliesScope'],
): boolean {
  try {
    return hasScopes(grantable, [scope], impliesScope)
  } catch {
    // `impliesScope` may not be ready yet. If it fails during a request, that is an outage.
    return true
  }
}
