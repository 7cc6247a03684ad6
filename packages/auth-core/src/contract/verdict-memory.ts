import type { AccessToken } from './access-token.js'
import type { AuthProviderLike, VerifyTokenOptions } from './auth-provider-like.js'

type VerifyToken<Claims extends object> = AuthProviderLike<Claims>['verifyToken']

type Recall<Claims extends object> = (
  token: string,
  options: VerifyTokenOptions,
) => AccessToken<Claims> | undefined

/**
 * What a provider remembers of its own verdicts, for whoever would otherwise call its `verifyToken`.
 *
 * A verdict may be kept only by who has the last word. Any code around a provider may change what it returns: a subclass,
 * a replaced method, a wrapper. So the memory counts only while `verifyToken` of that very object is the function that
 * filled it, and everything else is asked at every request. Nobody outside this package can say otherwise.
 */
export interface VerdictMemory<Claims extends object = Record<string, unknown>> {
  /**
   * Whether all code that takes part in the verdict is this library's, unchanged. If so, a token that is not remembered
   * is one that nobody has accepted.
   */
  isOurs(): boolean
  /** What was found out about a token a moment ago, if that still holds. `undefined` says nothing about the token. */
  recall: Recall<Claims>
}

/** By the object, not by its class: a proxy or an object that inherits from one of ours has no entry. */
const memories = new WeakMap<object, VerdictMemory<object>>()

/** The memory of code that is not ours: it is asked. */
const none: VerdictMemory<never> = { isOurs: () => false, recall: () => undefined }

/**
 * The method of a class of ours as it was written, for a look when the module is loaded: later, somebody may have
 * replaced it in the prototype.
 *
 * @param read A function, so that bundlers see that a class which nobody uses does nothing here.
 */
export function asWritten<Method>(read: () => Method): Method {
  return read()
}

/**
 * Lets a provider of ours recall its verdicts. Its constructor calls it.
 *
 * @param verifyToken Its method, {@link asWritten}.
 * @param asked The memories of the providers that it asks itself: if one of them is not ours, nor is the verdict.
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

/** Of any provider: what is not one of ours remembers nothing. */
export function verdictMemoryOf<Claims extends object>(
  provider: Pick<AuthProviderLike<Claims>, 'verifyToken'>,
): VerdictMemory<Claims> {
  // The entry is of this very object, so it is about its claims.
  return (memories.get(provider) as VerdictMemory<Claims> | undefined) ?? none
}
