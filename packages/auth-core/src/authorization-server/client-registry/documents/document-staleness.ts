import { secondsBetween } from '../../../runtime/clock.js'
import type { DocumentCopy } from '../../records/stored-records.js'

/**
 * How long a document is good for authentication when it is not fresh any more, and nobody can say what it is now, in
 * seconds. From then on, and not from when it was fetched: a client that lets it be kept for long is not to be left with
 * nothing for that.
 */
const staleIfError = 24 * 3600
/** However long it was fresh: the oldest that counts, in seconds since it was fetched. */
const oldest = 48 * 3600
/** The same while its website says that there is none: longer than a deployment takes that leaves a gap, in seconds. */
const staleIfGone = 600
/** The same while this server fetches too much to ask, in seconds. */
const staleIfNotAsked = 600
/** How long a website must have said that there is none until the client is told that it is not known, in seconds. */
const goneAfter = 24 * 3600

/**
 * What counts of a client that users have allowed something when its document cannot be had:
 *
 * - `before`: it is as it was.
 * - `unknown`: nobody can say, which is an outage. Its tokens are worth nothing for the moment, and it keeps them.
 * - `gone`: there is no such client any more, and it is told so, whereupon it forgets its tokens.
 *
 * A website that is down says nothing. One that answers without the document may have withdrawn it, so it does not count for
 * much longer, also if the website is down afterwards; or it is just being replaced, so the client is not told at once.
 *
 * A website that was not asked, because this server fetches too much, says nothing either. Strangers have a part in that: they
 * must not decide how long a key is good that was withdrawn, nor end at once what clients have.
 */
export function afterFailure(
  { fetchedAt, freshUntil, mayKeep, goneSince }: DocumentCopy,
  { isAnswer, isOwn }: { readonly isAnswer: boolean; readonly isOwn: boolean },
  now: number,
): 'before' | 'unknown' | 'gone' {
  const slack = isOwn ? staleIfNotAsked : staleIfError
  const usableFor = Math.min(freshUntil - fetchedAt + slack, oldest)
  const isRecent = secondsBetween(now, fetchedAt) < usableFor
  const goneFor = goneSince === undefined ? 0 : secondsBetween(now, goneSince)
  if (isAnswer && goneFor >= goneAfter) return 'gone'
  return mayKeep && isRecent && goneFor < staleIfGone ? 'before' : 'unknown'
}
