/** A clock that stands still until a test advances it. Pass it as `now`. */
export interface TestClock {
  /** Seconds since the epoch. */
  (): number
  /** Advances the clock, in seconds. */
  advance(seconds: number): void
}

/** @param start Seconds since the epoch. Default: the present. */
export function testClock(start: number = Math.floor(Date.now() / 1000)): TestClock {
  let now = start
  return Object.assign(() => now, {
    advance(seconds: number) {
      now += seconds
    },
  })
}
