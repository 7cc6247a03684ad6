/** A clock that stands still until a test moves it. Seconds, like every clock of the library. */
export function testClock(start = 1_800_000_000) {
  let seconds = start
  const now = () => seconds
  return Object.assign(now, {
    advance(by: number) {
      seconds += by
    },
  })
}
