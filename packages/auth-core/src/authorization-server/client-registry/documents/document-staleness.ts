import { type NoCopy, staleFor } from '../../../outbound/staleness.js'
import { secondsBetween } from '../../../runtime/clock.js'
import type { DocumentCopy } from '../../records/stored-records.js'

/** However long a copy was fresh: when it stops counting, in seconds since it was fetched. */
const oldest = 48 * 3600
/** How long a website must have responded without the document until the client counts as removed, in seconds. */
const removedAfter = 24 * 3600

/**
 * What an approved client is when its document cannot be fetched:
 *
 * - `previous`: as the previous copy says.
 * - `unknown`: an outage (503). The client's tokens are refused for now, and it keeps them.
 * - `removed`: the client no longer exists (401). Clients then discard their tokens.
 */
export type ClientWithoutDocument = 'previous' | 'unknown' | 'removed'

/**
 * Decides what counts when a document cannot be fetched.
 *
 * While the website is unreachable, the previous copy counts for a day after its freshness ends (see {@link staleFor}). A website that responds
 * without the document may have removed it, or it is being deployed: the copy counts for ten minutes, even if the website
 * is down afterwards, and the client is removed after a day. A fetch that was skipped at the local limit extends nothing
 * and removes nothing, because unapproved clients can cause it.
 *
 * @param now Seconds since the epoch.
 */
export function withoutDocument(
  { fetchedAt, freshUntil, mayKeep, goneSince }: DocumentCopy,
  why: NoCopy,
  now: number,
): ClientWithoutDocument {
  const usableFor = Math.min(
    freshUntil - fetchedAt + (why === 'notAsked' ? staleFor.notAsked : staleFor.unreachable),
    oldest,
  )
  const isUsable = mayKeep && secondsBetween(now, fetchedAt) < usableFor
  const goneFor = goneSince === undefined ? 0 : secondsBetween(now, goneSince)
  if (why === 'gone' && goneFor >= removedAfter) return 'removed'
  return isUsable && goneFor < staleFor.gone ? 'previous' : 'unknown'
}
