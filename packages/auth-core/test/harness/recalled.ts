import type { AccessToken } from '../../src/contract/access-token.js'
import type { AuthProviderLike, VerifyTokenOptions } from '../../src/contract/auth-provider-like.js'
import { verdictMemoryOf } from '../../src/contract/verdict-memory.js'

/** Returns a provider's cached verification of a token, which the gate uses without calling it. */
export function recalled<Claims extends object>(
  provider: AuthProviderLike<Claims>,
  token: string,
  options: VerifyTokenOptions = {},
): AccessToken<Claims> | undefined {
  return verdictMemoryOf(provider).recall(token, options)
}
