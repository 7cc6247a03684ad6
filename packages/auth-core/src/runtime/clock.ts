/** Returns seconds since the epoch. Injected everywhere, so that tests never wait. */
export type Clock = () => number

export const systemClock: Clock = () => Math.floor(Date.now() / 1000)

/**
 * Whether `now` is from `since` to before `until`, in seconds. `false` after the clock was set back before `since`: the age of
 * a cached value is then unknown.
 */
export function isDuring(now: number, since: number, until: number): boolean {
  return since <= now && now < until
}

/** Seconds between two times, whichever is first: setting the clock back makes nothing younger. */
export function secondsBetween(one: number, other: number): number {
  return Math.abs(one - other)
}
