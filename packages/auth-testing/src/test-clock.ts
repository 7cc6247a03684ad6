/** A clock that stands still until a test moves it. Give it to whatever takes `now`. */
export interface TestClock {
  /** Seconds since the epoch. */
  (): number
  /** Moves the clock on, in seconds. */
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
