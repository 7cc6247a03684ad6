import { secondsBetween } from '../../../runtime/clock.js'
import type { DocumentCopy } from '../../records/stored-records.js'

/** How far the clocks of two processes may be apart, in seconds. */
const clockTolerance = 60
/** How much older than what is known the copy in the store may be if it says the same, in seconds. */
const storedCopyAge = 12 * 3600

/**
 * The copy of a document that was fetched later, with what was noted since. The first, if it is the same fetch.
 *
 * One from the future is older than any: the clock was set back, and nobody knows how old it is.
 */
export function newerCopy(one: DocumentCopy, other: DocumentCopy, now: number): DocumentCopy {
  const order = ({ fetchedAt }: DocumentCopy) =>
    fetchedAt > now + clockTolerance ? Number.NEGATIVE_INFINITY : fetchedAt
  const newer = order(other) > order(one) ? other : one
  const noted = [one.goneSince, other.goneSince].filter((at) => at !== undefined && at > newer.fetchedAt)
  const { goneSince, ...copy } = newer
  // The one who has noticed it first is right.
  return noted.length === 0 ? copy : { ...copy, goneSince: Math.min(...(noted as number[])) }
}

/** Whether the copy in the store says what is known, so that it need not be written. */
export function saysTheSame(stored: DocumentCopy, known: DocumentCopy): boolean {
  return (
    stored.mayKeep === known.mayKeep &&
    // What is not to be kept is not in the store.
    (!known.mayKeep || JSON.stringify(stored.document) === JSON.stringify(known.document)) &&
    stored.goneSince === known.goneSince &&
    stored.freshUntil <= known.freshUntil &&
    secondsBetween(stored.fetchedAt, known.fetchedAt) < storedCopyAge
  )
}
