import { type AccessToken, looksLikeAccessToken } from '../access-token.js'
import type { AuthProviderLike } from '../auth-provider.js'
import { ignoreRejection } from '../promise-like.js'

/** What a provider remembers of a token that it has verified. `undefined` says nothing about the token. */
export function recallToken<Claims extends object>(
  provider: Pick<AuthProviderLike<Claims>, 'recallToken'>,
  token: string,
  resource: string | undefined,
): AccessToken<Claims> | undefined {
  try {
    const known = provider.recallToken?.(token, { resource })
    // Applications write providers in JavaScript, too: neither `null` nor a promise is a verdict.
    if (looksLikeAccessToken(known)) return known
    ignoreRejection(known)
    return undefined
  } catch {
    // Memory is a convenience: what it cannot tell, verification can.
    return undefined
  }
}
