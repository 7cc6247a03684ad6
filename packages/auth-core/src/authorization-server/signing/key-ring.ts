import type { KeyRing, RingKey } from '../records/stored-records.js'

/** The times of key rotation, in seconds. */
export interface RotationTimes {
  /** How long a key signs. */
  readonly lifetime: number
  /** How long a key is published before it signs. */
  readonly lead: number
  /** How long a key is published after its successor has begun to sign. */
  readonly overlap: number
}

/** How long others may cache the JWKS document. Short, because they trust a removed key for as long. */
export const jwksMaxAge = 600

/** A day: much longer than `jwksMaxAge`, because some caches ignore it. */
const lead = 24 * 3600

/** How far the clocks of two processes may differ, in seconds. */
const clockSkew = 300

/** @param rereadAfter How long a process may use a ring that another one has changed, in seconds. */
export function rotationTimes(
  lifetimes: { readonly signingKey: number; readonly accessToken: number },
  rereadAfter: number,
): RotationTimes {
  const overlap = lifetimes.accessToken + jwksMaxAge + rereadAfter + clockSkew
  return { lifetime: lifetimes.signingKey, lead, overlap }
}

/** The key that signs at a time: the last one whose time has come. */
export function signingKeyAt(ring: KeyRing, now: number): RingKey | undefined {
  const signing = ring.filter(({ privateKey }) => privateKey !== undefined)
  // The first key, if a process with a clock that is ahead has made it.
  return signing.findLast(({ signsFrom }) => signsFrom <= now) ?? signing[0]
}

/** The keys that are published at a time. */
export function publishedAt(ring: KeyRing, now: number, { overlap }: RotationTimes): KeyRing {
  return ring.filter((key) => now < retirementOf(ring, key) + overlap)
}

/**
 * Whether a next key is due: the last one has nearly reached its lifetime, or has another algorithm. Never while a key
 * waits to sign, so that one change finishes before another begins.
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

/** The ring without keys that no longer verify and without private keys that no longer sign. */
export function tidied(ring: KeyRing, now: number, times: RotationTimes): KeyRing {
  return publishedAt(ring, now, times).map((key) => {
    const { publicKey, privateKey, signsFrom } = key
    const hasSigned = now >= retirementOf(ring, key) + clockSkew
    return hasSigned && privateKey !== undefined ? { publicKey, signsFrom } : key
  })
}

/** When a key stops signing: when the next one begins. */
function retirementOf(ring: KeyRing, key: RingKey): number {
  return ring[ring.indexOf(key) + 1]?.signsFrom ?? Number.POSITIVE_INFINITY
}
