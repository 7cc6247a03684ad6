import { secondsBetween } from '../../../runtime/clock.js'
import type { DocumentCopy } from '../../records/stored-records.js'

/** How far the clocks of two processes may differ, in seconds. */
const clockTolerance = 60
/** How much older than the cached copy a stored copy with the same content may be, in seconds. */
const storedCopyAge = 12 * 3600

/**
 * Returns the copy that was fetched later, with the `goneSince` that was noted after that. The first, if both are equal.
 *
 * A copy from the future counts as the oldest: the clock was set back, so its age is unknown.
 */
export function newerCopy(one: DocumentCopy, other: DocumentCopy, now: number): DocumentCopy {
  const order = ({ fetchedAt }: DocumentCopy) =>
    fetchedAt > now + clockTolerance ? Number.NEGATIVE_INFINITY : fetchedAt
  const newer = order(other) > order(one) ? other : one
  const noted = [one.goneSince, other.goneSince].filter((at) => at !== undefined && at > newer.fetchedAt)
  const { goneSince, ...copy } = newer
  // The process that noticed it first is right.
  return noted.length === 0 ? copy : { ...copy, goneSince: Math.min(...(noted as number[])) }
}

/** Whether the stored copy has the same content, so that it need not be written again. */
export function isSameContent(stored: DocumentCopy, known: DocumentCopy): boolean {
  return (
    stored.mayKeep === known.mayKeep &&
    // A document with `no-store` is not in the store.
    (!known.mayKeep || JSON.stringify(stored.document) === JSON.stringify(known.document)) &&
    stored.goneSince === known.goneSince &&
    stored.freshUntil <= known.freshUntil &&
    secondsBetween(stored.fetchedAt, known.fetchedAt) < storedCopyAge
  )
}
