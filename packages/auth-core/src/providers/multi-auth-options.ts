import type { AuthProviderLike, RoutedProvider } from '../contract/auth-provider-like.js'
import { type ImpliesScope, scopeList } from '../oauth/scope.js'
import { checkedOptions, type OptionTable, refuseTogether } from '../options/option-table.js'
import { checkRoutedProvider, checkSource } from '../options/provider-argument.js'
import { option } from '../options/rows.js'
import { type AuthProviderOptions, providerOptionTable } from './provider-options.js'

/** Options of `MultiAuth`. */
export interface MultiAuthOptions<Claims extends object = Record<string, unknown>>
  extends AuthProviderOptions {
  /** The provider with the routes and the metadata. Its tokens are tried first. */
  readonly server?: RoutedProvider<Claims> | undefined
  /**
   * Further sources of valid tokens, tried in this order. Put a verifier that asks another server (introspection) last:
   * that server sees every token that no source before it accepts. Set its `issuer`, too. Then it does not get the JWTs of
   * other issuers, not even during an outage. It still gets all opaque tokens.
   */
  readonly verifiers?: AuthProviderLike<Claims> | readonly AuthProviderLike<Claims>[] | undefined
  /**
   * The scopes that every request needs, no matter who issued its token. Default: tokens need what their source requires,
   * or what `server` requires if the source requires nothing.
   */
  readonly requiredScopes?: readonly string[] | undefined
  /**
   * Decides whether a granted scope includes a required one, no matter who issued the token. Default: the `impliesScope` of
   * the token's source.
   */
  readonly impliesScope?: ImpliesScope | undefined
}

/** The options of the base class, whose `requiredScopes` have no default here: without them, each source's own apply. */
export function multiAuthOptionTable() {
  return {
    ...providerOptionTable(),
    requiredScopes: scopeList(),
    server: option('be a provider with routes', isObject),
    verifiers: option('be a verifier, or a list of verifiers', isObject),
  } satisfies OptionTable<MultiAuthOptions>
}

interface CheckedMultiAuthOptions<Claims extends object> extends MultiAuthOptions<Claims> {
  readonly verifiers: readonly AuthProviderLike<Claims>[]
}

/**
 * Checks the options, and makes a list of the verifiers.
 *
 * @throws `TypeError` for invalid and unknown options, if there is no source, and for URLs that are those of `server`.
 */
export function checkedMultiAuthOptions<Claims extends object>(
  options: MultiAuthOptions<Claims>,
  isSubclass: boolean,
): CheckedMultiAuthOptions<Claims> {
  const checked = checkedOptions('MultiAuth', options, multiAuthOptionTable(), { isSubclass })
  const { server } = checked
  const verifiers = ([] as AuthProviderLike<Claims>[]).concat(checked.verifiers ?? [])
  if (server === undefined && verifiers.length === 0)
    throw new TypeError('MultiAuth: "server" or "verifiers" must be set.')
  for (const verifier of verifiers) checkSource('MultiAuth: each of "verifiers"', verifier)
  if (server !== undefined) {
    checkSource('MultiAuth: "server"', server)
    checkRoutedProvider({ name: 'MultiAuth', call: 'new MultiAuth({ server: auth, verifiers })' }, server)
    // With two resource identifiers, metadata and challenges would disagree.
    refuseTogether('MultiAuth', checked, 'server', ['baseUrl', 'resourceBaseUrl'])
  }
  return { ...checked, verifiers }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}
