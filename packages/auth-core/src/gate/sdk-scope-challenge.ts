import type { AuthProviderLike, ChallengedToken } from '../contract/auth-provider-like.js'
import { baseScopes, scopesForOperation } from '../contract/required-scopes.js'
import { publishableScopes, scopeList } from '../oauth/scope.js'
import { checkGrantableScopes } from './refusals/grantable-scopes.js'

/** The `scopeChallenge` of SDK v2's `registerTool`, `registerResource` and `registerPrompt`. */
export type SdkScopeChallengeHandler = (context: {
  readonly authInfo?: ({ readonly scopes: readonly string[] } & ChallengedToken) | undefined
}) => SdkScopeChallenge | undefined

/** Every scope of an operation whose token lacks one. SDK v2 makes a 403 from it. */
export interface SdkScopeChallenge {
  readonly scopes: readonly [string, ...string[]]
  readonly errorDescription: string
}

/**
 * Creates the `scopeChallenge` of SDK v2 for a tool.
 *
 * It takes the same scopes as `requireToolScopes`:
 * `registerTool('add_note', { scopeChallenge: toSdkScopeChallenge(auth, toolScopes.add_note), ... }, ...)`. Use it to keep
 * scopes beside the tool, or without a framework.
 *
 * Unlike the SDK's `requireScopes`, it also names the scopes of the gate, because a client requests exactly what a
 * challenge names. It honors `impliesScope`, and refuses anonymous calls. The SDK responds 403 to those, too. For a 401
 * behind a gate with `allowAnonymous`, use `requireToolScopes`.
 *
 * The SDK takes the URL of the metadata from the token's `resource`, so a verifier of your own should set it.
 *
 * @param scopes The scopes that the tool needs besides the provider's `requiredScopes`. If the gate has `scopes` of its
 * own, list them here, too.
 * @throws `TypeError` for an invalid list of scopes, for a scope that no token can have, and without any scope.
 */
export function toSdkScopeChallenge(
  provider: Pick<
    AuthProviderLike,
    | 'requiredScopes'
    | 'requiredScopesOfSources'
    | 'impliesScopeOfSources'
    | 'grantableScopes'
    | 'impliesScope'
    | 'getChallengeScopes'
    | 'noteScopeChallenge'
  >,
  scopes: readonly string[],
): SdkScopeChallengeHandler {
  const problem = scopeList().problem(scopes, {})
  if (problem !== undefined)
    throw new TypeError(`toSdkScopeChallenge: "scopes" must ${problem}. Check that the table names the tool.`)
  const operation = [...new Set(scopes)]
  checkGrantableScopes(provider, operation, 'toSdkScopeChallenge: "scopes" needs')
  function challengeFor(needed: readonly string[]): SdkScopeChallenge | undefined {
    const [first, ...others] = publishableScopes(provider.getChallengeScopes?.(needed) ?? needed)
    if (first === undefined) return undefined
    const errorDescription = 'The access token lacks a scope that this operation needs.'
    return { scopes: [first, ...others], errorDescription }
  }
  const anonymous = challengeFor([...new Set([...baseScopes(provider), ...operation])])
  if (anonymous === undefined)
    throw new TypeError('toSdkScopeChallenge: "scopes" must name a scope that clients can request.')
  return ({ authInfo }) => {
    if (authInfo === undefined) return anonymous
    const { needed, isHeld } = scopesForOperation(authInfo.scopes, operation, provider)
    if (isHeld) return undefined
    provider.noteScopeChallenge?.(authInfo)
    return challengeFor(needed) ?? anonymous
  }
}
