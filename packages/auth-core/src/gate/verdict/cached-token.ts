import type { AccessToken } from '../../contract/access-token.js'
import type { AuthProviderLike, VerifyTokenOptions } from '../../contract/auth-provider-like.js'
import { type VerdictMemory, verdictMemoryOf } from '../../contract/verdict-memory.js'
import { hasExpired } from './expiry.js'

/** Finds tokens that the provider has verified a moment ago, for the resource of one gate. */
export class CachedTokens<Claims extends object> {
  /**
   * The scopes that the provider has reported for the token that was found last. One member for all requests, because
   * nothing is awaited before it is read.
   */
  required: readonly string[] | undefined
  readonly #provider: AuthProviderLike<Claims>
  readonly #memory: VerdictMemory<Claims>
  readonly #options: VerifyTokenOptions

  constructor(provider: AuthProviderLike<Claims>, resource: string | undefined) {
    this.#provider = provider
    this.#memory = verdictMemoryOf(provider)
    this.#options = {
      resource,
      reportRequired: (scopes) => {
        this.required = scopes
      },
    }
  }

  /** Whether a token that is not found has not been accepted: see `VerdictMemory.isOurs`. */
  get isComplete(): boolean {
    return this.#memory.isOurs()
  }

  /** @throws what a clock or a getter of the application throws. */
  has(token: string): boolean {
    return this.#memory.recall(token, this.#options) !== undefined
  }

  /**
   * Finds the token of a header in its usual spelling. The token was well-formed when it was verified, so nothing else of
   * the header is checked. An expired token is not found: verification decides about it.
   */
  find(authorization: string | undefined): AccessToken<Claims> | undefined {
    if (authorization?.startsWith('Bearer ') !== true) return undefined
    this.required = undefined
    try {
      const found = this.#memory.recall(authorization.slice('Bearer '.length), this.#options)
      return found !== undefined && hasExpired(found, this.#provider) ? undefined : found
    } catch {
      // A clock or a getter of the application has failed. Verification fails likewise, and can respond.
      return undefined
    }
  }
}
