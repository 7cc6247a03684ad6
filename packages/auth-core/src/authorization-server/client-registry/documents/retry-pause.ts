import { type Clock, isDuring } from '../../../runtime/clock.js'
import { RecentlyUsed } from '../../../runtime/recently-used.js'

/** How often in a row something may fail before there is a pause. More than once: its owner may just be mending it. */
const patience = 10
/** How long the pause is, in seconds. */
export const pause = 5
/** How many things are counted. */
const capacity = 1000

/** It is not tried at the moment, because it failed too often. */
export class TriedTooOften extends Error {}

/** Counts what failed, so that nobody can have it tried over and over. */
export class FailedAttempts {
  readonly #now: Clock
  readonly #failed = new RecentlyUsed<{ readonly count: number; readonly at: number }>(capacity)

  constructor(now: Clock) {
    this.#now = now
  }

  mayTry(key: string): boolean {
    const failed = this.#failed.get(key)
    return (
      failed === undefined || failed.count < patience || !isDuring(this.#now(), failed.at, failed.at + pause)
    )
  }

  add(key: string): void {
    this.#failed.set(key, { count: (this.#failed.get(key)?.count ?? 0) + 1, at: this.#now() })
  }

  forget(key: string): void {
    this.#failed.delete(key)
  }
}
