import { TooManyFetches } from './fetch-slots.js'
import { NotFound } from './not-found.js'

/**
 * Why there is no newer copy of a remote document.
 *
 * - `unreachable`: its server is down, which does not mean that the document has changed.
 * - `gone`: the server responds that it has none: the document is withdrawn, or a deployment leaves a gap.
 * - `notAsked`: this server has reached its fetch limit. Unapproved clients can cause that, so it must not keep a withdrawn
 *   document alive for long.
 */
export type NoCopy = 'unreachable' | 'gone' | 'notAsked'

/** How long the previous copy still counts, in seconds. */
export const staleFor: Readonly<Record<NoCopy, number>> = {
  unreachable: 24 * 3600,
  gone: 600,
  notAsked: 600,
}

/** What an error of a fetch means for the previous copy. */
export function whyNoCopy(error: unknown): NoCopy {
  if (error instanceof TooManyFetches) return 'notAsked'
  return error instanceof NotFound ? 'gone' : 'unreachable'
}
