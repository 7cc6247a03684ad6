import type { AccessToken } from './access-token.js'
import type { AuthProviderLike, VerifyTokenOptions } from './auth-provider-like.js'

type VerifyToken<Claims extends object> = AuthProviderLike<Claims>['verifyToken']

type Recall<Claims extends object> = (
  token: string,
  options: VerifyTokenOptions,
) => AccessToken<Claims> | undefined

/**
 * The verdicts that a provider has cached, for a caller that would otherwise call its `verifyToken`.
 *
 * A subclass, a replaced method or a wrapper may change what `verifyToken` returns, so only the outermost verdict may be
 * cached. The cache is used only while `verifyToken` of that very object is the function that filled it. Every other
 * provider is asked for each request, and no code outside this package can change that.
 */
export interface VerdictMemory<Claims extends object = Record<string, unknown>> {
  /**
   * Whether all code that takes part in the verdict is this library's, unchanged. Then a token that is not cached has not
   * been accepted.
   */
  isOurs(): boolean
  /** The cached verdict, if it still holds. `undefined` says nothing about the token. */
  recall: Recall<Claims>
}

/** Keyed by the object, not the class: a proxy, or an object that inherits from a provider, has no entry. */
const memories = new WeakMap<object, VerdictMemory<object>>()

/** The memory of a provider from another author, which is asked each time. */
const none: VerdictMemory<never> = { isOurs: () => false, recall: () => undefined }

/**
 * Reads a method of a class when the module loads, before other code can replace it in the prototype.
 *
 * @param read A function, so that bundlers can drop a class that is not used.
 */
export function asWritten<Method>(read: () => Method): Method {
  return read()
}

/**
 * Registers the verdict cache of a provider. Called by the constructors of this library's providers.
 *
 * @param verifyToken The method of the class, {@link asWritten}.
 * @param asked The memories of the providers that it asks. If one of those is not this library's, nor is the verdict.
 */
export function keepVerdicts<Claims extends object>(
  provider: AuthProviderLike<Claims>,
  verifyToken: VerifyToken<Claims>,
  recall: Recall<Claims>,
  asked: readonly VerdictMemory<Claims>[] = [],
): void {
  const isUnchanged = () => provider.verifyToken === verifyToken
  memories.set(provider, {
    isOurs: () => isUnchanged() && asked.every((memory) => memory.isOurs()),
    recall: (token, options) => (isUnchanged() ? recall(token, options) : undefined),
  })
}

/** The verdict memory of any provider. Providers of other authors have none. */
export function verdictMemoryOf<Claims extends object>(
  provider: Pick<AuthProviderLike<Claims>, 'verifyToken'>,
): VerdictMemory<Claims> {
  // The entry belongs to this very object, so its claims have the same type.
  return (memories.get(provider) as VerdictMemory<Claims> | undefined) ?? none
}
