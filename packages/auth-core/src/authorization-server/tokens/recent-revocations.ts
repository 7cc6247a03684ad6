import { type Clock, secondsBetween } from '../../runtime/clock.js'

/**
 * What this process has revoked in the last `period` seconds: token families, users, clients. Cached verdicts about their
 * tokens are invalid. Older verdicts have left the cache, and the store knows the rest.
 */
export class RecentRevocations {
  readonly #period: number
  readonly #now: Clock
  #young = new Set<string>()
  #old = new Set<string>()
  #turnedAt: number
  #lastAt = Number.NEGATIVE_INFINITY

  constructor(period: number, now: Clock) {
    this.#period = period
    this.#now = now
    this.#turnedAt = now()
  }

  add(id: string): void {
    if (secondsBetween(this.#now(), this.#turnedAt) > this.#period) {
      this.#old = this.#young
      this.#young = new Set()
      this.#turnedAt = this.#now()
    }
    this.#young.add(id)
    this.#lastAt = this.#now()
  }

  /** @param ids Called only after a recent revocation, because every request calls this method. */
  hasAny(ids: () => readonly string[]): boolean {
    if (this.#now() - this.#lastAt > this.#period) return false
    return ids().some((id) => this.#young.has(id) || this.#old.has(id))
  }
}
