/** Seconds since the epoch. Injected everywhere, so that tests never wait. */
export type Clock = () => number

export const systemClock: Clock = () => Math.floor(Date.now() / 1000)
