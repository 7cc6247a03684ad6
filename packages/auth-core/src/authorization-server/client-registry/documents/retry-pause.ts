import { type Clock, isDuring } from '../../../runtime/clock.js'
import { RecentlyUsed } from '../../../runtime/recently-used.js'

/** How many consecutive failures begin a pause. More than one: the owner may be fixing it. */
const failuresBeforePause = 10
/** How long the pause is, in seconds. */
const pause = 5
/** How many keys are counted. */
const capacity = 1000

/** A fetch was skipped, because too many have failed. */
export class RetryPaused extends Error {
  constructor() {
    super(`skipped: ${failuresBeforePause} consecutive fetches failed, retrying after ${pause} s`)
  }
}

/** Counts consecutive failures, so that nobody can have something fail over and over. */
export class RetryPause {
  readonly #now: Clock
  readonly #failures = new RecentlyUsed<{ readonly count: number; readonly at: number }>(capacity)

  constructor(now: Clock) {
    this.#now = now
  }

  isPaused(key: string): boolean {
    const failures = this.#failures.get(key)
    return (
      failures !== undefined &&
      failures.count >= failuresBeforePause &&
      isDuring(this.#now(), failures.at, failures.at + pause)
    )
  }

  failed(key: string): void {
    this.#failures.set(key, { count: (this.#failures.get(key)?.count ?? 0) + 1, at: this.#now() })
  }

  succeeded(key: string): void {
    this.#failures.delete(key)
  }
}
