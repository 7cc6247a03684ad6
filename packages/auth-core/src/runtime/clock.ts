/** Seconds since the epoch. Injected everywhere, so that tests never wait. */
export type Clock = () => number

export const systemClock: Clock = () => Math.floor(Date.now() / 1000)

/**
 * Whether it is time to use what was found out at one moment and is good until another, in seconds. A clock that was set
 * back is before both: nobody knows how old it is then, so it is found out anew.
 */
export function isDuring(now: number, since: number, until: number): boolean {
  return since <= now && now < until
}

/** Seconds between two moments, whichever is first: by a clock that was set back, nothing gets younger. */
export function secondsBetween(one: number, other: number): number {
  return Math.abs(one - other)
}
