/** A clock, in seconds, that stands still until a test advances it. */
export function testClock(start = 1_800_000_000) {
  let seconds = start
  const now = () => seconds
  return Object.assign(now, {
    advance(by: number) {
      seconds += by
    },
  })
}

export type TestClock = ReturnType<typeof testClock>
