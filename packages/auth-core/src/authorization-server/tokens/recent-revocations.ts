import { type Clock, secondsBetween } from '../../runtime/clock.js'

/**
 * What this process has revoked of late: token families, and all tokens of a user or a client. What was remembered of
 * their tokens is not good any more; after `period` seconds, nothing is remembered of them, and the store alone knows.
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

  /** @param ids Made only if there is anything to look for: nearly always nothing was revoked, and every request asks. */
  hasAny(ids: () => readonly string[]): boolean {
    if (this.#now() - this.#lastAt > this.#period) return false
    return ids().some((id) => this.#young.has(id) || this.#old.has(id))
  }
}
