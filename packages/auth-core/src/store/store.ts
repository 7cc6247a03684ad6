/**
 * The storage of Tollgate, as atomic operations. Everything that must not happen twice is one call: redeeming a code, rotating
 * a refresh token, taking a name.
 *
 * Every operation must be atomic, including between processes that share the store: with an eventually consistent store,
 * codes can be redeemed twice. Keys and values are opaque text. Keys contain no secrets. A rejected promise is an outage: the
 * response is 503.
 *
 * `ttl` is in whole seconds, at least 1. A store may remove an entry after that time, never earlier. It may also remove it
 * late, because Tollgate checks expiry itself.
 */
export interface Store {
  /**
   * `eventual` if reads may be stale or operations are not atomic, as in a key-value store that is replicated around the
   * world. A provider then refuses to start. Default: `strong`.
   */
  readonly consistency?: 'strong' | 'eventual' | undefined
  /** Returns the value, or `undefined` without an entry. */
  get(key: string): Promise<string | undefined>
  /** Writes an entry, and replaces one with the same key. */
  set(key: string, value: string, ttl: number): Promise<void>
  /** Writes an entry unless the key exists. Returns whether it was written. */
  add(key: string, value: string, ttl: number): Promise<boolean>
  /** Replaces the entry if its value is exactly `expected`. Returns whether it was replaced. */
  compareAndSwap(key: string, expected: string, value: string, ttl: number): Promise<boolean>
  /**
   * Removes the entry and returns its value, to one of any number of concurrent callers.
   *
   * A driver must not retry it after losing the response. The second attempt finds nothing, as if another caller had taken the
   * entry. Reject instead.
   */
  take(key: string): Promise<string | undefined>
  /** Removes the entry if it exists. */
  delete(key: string): Promise<void>
}
