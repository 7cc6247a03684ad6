import type { Clock } from '../clock.js'

/**
 * The token families that this process has revoked of late. What was remembered of their tokens is not good any
 * more; after `period` seconds, nothing is remembered of them, and the store alone knows.
 */
export class RecentRevocations {
  readonly #period: number
  readonly #now: Clock
  #young = new Set<string>()
  #old = new Set<string>()
  #turnedAt: number

  constructor(period: number, now: Clock) {
    this.#period = period
    this.#now = now
    this.#turnedAt = now()
  }

  add(familyId: string): void {
    if (this.#now() - this.#turnedAt > this.#period) {
      this.#old = this.#young
      this.#young = new Set()
      this.#turnedAt = this.#now()
    }
    this.#young.add(familyId)
  }

  has(familyId: string): boolean {
    return this.#young.has(familyId) || this.#old.has(familyId)
  }
}
