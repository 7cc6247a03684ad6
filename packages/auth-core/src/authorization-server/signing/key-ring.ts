import type { KeyRing, RingKey } from '../records/stored-records.js'

/** When what happens to keys, in seconds. */
export interface RotationTimes {
  /** For how long a key signs. */
  readonly lifetime: number
  /** For how long a key is published before it signs. */
  readonly lead: number
  /** For how long a key is published after its successor began to sign. */
  readonly overlap: number
}

/** How long others may keep the JWKS document. Short, because they trust a withdrawn key for as long. */
export const jwksMaxAge = 600

/** A day: much longer than `jwksMaxAge`, because not everybody looks at it. */
const lead = 24 * 3600

/** By how much the clocks of two processes may differ. */
const clockSkew = 300

/** @param rereadAfter Seconds for which a process goes on with a ring that another one has changed. */
export function rotationTimes(
  lifetimes: { readonly signingKey: number; readonly accessToken: number },
  rereadAfter: number,
): RotationTimes {
  const overlap = lifetimes.accessToken + jwksMaxAge + rereadAfter + clockSkew
  return { lifetime: lifetimes.signingKey, lead, overlap }
}

/** The key that signs at a time: the last one that has begun to. */
export function signingKeyAt(ring: KeyRing, now: number): RingKey | undefined {
  const signing = ring.filter(({ privateKey }) => privateKey !== undefined)
  // The first, if another process made it with a clock that is ahead.
  return signing.findLast(({ signsFrom }) => signsFrom <= now) ?? signing[0]
}

/** The keys that are published at a time. */
export function publishedAt(ring: KeyRing, now: number, { overlap }: RotationTimes): KeyRing {
  return ring.filter((key) => now < retirementOf(ring, key) + overlap)
}

/**
 * Whether it is time for a next key: the last one is about to have signed long enough, or for another algorithm. Never
 * while one is waiting to sign, so that one change is finished before another begins.
 */
export function needsNextKey(
  ring: KeyRing,
  now: number,
  times: Pick<RotationTimes, 'lifetime' | 'lead'>,
  algorithm: string,
): boolean {
  const last = ring.at(-1)
  if (last === undefined) return true
  if (last.signsFrom > now) return false
  return last.publicKey.alg !== algorithm || now >= last.signsFrom + times.lifetime - times.lead
}

/** The ring without what nobody needs any more: keys that verify nothing, and private keys that sign nothing. */
export function tidied(ring: KeyRing, now: number, times: RotationTimes): KeyRing {
  return publishedAt(ring, now, times).map((key) => {
    const { publicKey, privateKey, signsFrom } = key
    const hasSigned = now >= retirementOf(ring, key) + clockSkew
    return hasSigned && privateKey !== undefined ? { publicKey, signsFrom } : key
  })
}

/** When a key stops to sign: when the next one begins. */
function retirementOf(ring: KeyRing, key: RingKey): number {
  return ring[ring.indexOf(key) + 1]?.signsFrom ?? Number.POSITIVE_INFINITY
}
