/**
 * What Tollgate must remember, as operations that happen once. Everything that must not happen twice (a code is
 * redeemed, a refresh token is rotated, a name is taken) is one call here.
 *
 * Every operation is atomic, also between processes that share the store: a store that is only eventually
 * consistent makes codes redeemable twice. Keys and values are opaque text; keys contain no secrets. A rejected
 * promise means an outage, and the request is answered 503.
 *
 * `ttl` is in whole seconds, at least 1, and says when a store may forget the entry. Tollgate checks expiry
 * itself, so a store may forget late, but never early.
 */
export interface Store {
  /**
   * `eventual` says that reads may be old, or that operations are not atomic: a provider then refuses to start. A key
   * value store that is copied around the world is one. Default: `strong`.
   */
  readonly consistency?: 'strong' | 'eventual' | undefined
  get(key: string): Promise<string | undefined>
  /** Writes an entry, whether it was there or not. */
  set(key: string, value: string, ttl: number): Promise<void>
  /** Writes an entry unless the key is taken. Answers whether it was written. */
  add(key: string, value: string, ttl: number): Promise<boolean>
  /** Replaces the entry if its value is exactly `expected`. Answers whether it was replaced. */
  compareAndSwap(key: string, expected: string, value: string, ttl: number): Promise<boolean>
  /**
   * Removes the entry and answers its value: to one caller, however many ask at once.
   *
   * A driver must not repeat it on its own when it has lost the answer: the second time, there is nothing, and nobody can
   * tell that from an entry that somebody else has taken. Reject instead.
   */
  take(key: string): Promise<string | undefined>
  /** Removes the entry, if it is there. */
  delete(key: string): Promise<void>
}
