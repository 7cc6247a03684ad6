import type { AuthProviderLike, ChallengedToken } from '../contract/auth-provider-like.js'
import { baseScopes, scopesForOperation } from '../contract/required-scopes.js'
import { checkedScopes, publishableScopes } from '../oauth/scope.js'
import { checkGrantableScopes } from './refusals/grantable-scopes.js'

/** What `scopeChallenge` of SDK v2's `registerTool`, `registerResource` and `registerPrompt` takes. */
export type SdkScopeChallengeHandler = (context: {
  readonly authInfo?: ({ readonly scopes: readonly string[] } & ChallengedToken) | undefined
}) => SdkScopeChallenge | undefined

/** Every scope of an operation that the token may not do yet: SDK v2 makes the 403 of it. */
export interface SdkScopeChallenge {
  readonly scopes: readonly [string, ...string[]]
  readonly errorDescription: string
}

/**
 * Makes the `scopeChallenge` of SDK v2 for a tool, from the same scopes as `requireToolScopes`:
 * `registerTool('add_note', { scopeChallenge: toSdkScopeChallenge(auth, toolScopes.add_note), ... }, ...)`. For those
 * who keep what a tool needs beside the tool, and for applications without a framework.
 *
 * Unlike the SDK's own `requireScopes`, it asks for the scopes of the gate, too, because a client asks the user for
 * exactly what a challenge names; it honours `impliesScope`; and it lets no anonymous call pass. The SDK answers that
 * one with 403 as well: behind a gate with `allowAnonymous`, `requireToolScopes` is the one that answers 401.
 *
 * Where the metadata is, the SDK reads off the token's `resource`: a verifier of your own should not leave it out.
 *
 * @param scopes What the tool needs besides the provider's `requiredScopes`. A gate that has other `scopes` needs them
 * listed here, too.
 * @throws `TypeError` for what is not a list of scopes, for a scope that no token can have, and if there is no scope to ask for.
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
  if (scopes === undefined) throw new TypeError('"scopes" must be a list of scopes: is the tool in it?')
  const operation = checkedScopes('scopes', scopes)
  checkGrantableScopes(provider, operation, 'toSdkScopeChallenge: "scopes" needs')
  function challengeFor(needed: readonly string[]): SdkScopeChallenge | undefined {
    const [first, ...others] = publishableScopes(provider.getChallengeScopes?.(needed) ?? needed)
    if (first === undefined) return undefined
    const errorDescription = 'The access token lacks a scope that this operation needs.'
    return { scopes: [first, ...others], errorDescription }
  }
  const anonymous = challengeFor([...new Set([...baseScopes(provider), ...operation])])
  if (anonymous === undefined) throw new TypeError('"scopes" must name a scope that a client can ask for')
  return ({ authInfo }) => {
    if (authInfo === undefined) return anonymous
    const { needed, isHeld } = scopesForOperation(authInfo.scopes, operation, provider)
    if (isHeld) return undefined
    provider.noteScopeChallenge?.(authInfo)
    return challengeFor(needed) ?? anonymous
  }
}
