import { expect, test } from 'vitest'
import {
  type ClientWithoutDocument,
  withoutDocument,
} from '../../../../src/authorization-server/client-registry/documents/document-staleness.js'
import type { NoCopy } from '../../../../src/outbound/staleness.js'

const now = 1_800_000_000
const minute = 60
const day = 24 * 3600

/** A copy by its age, and by how long its website has responded without the document. */
function copy(age: number, goneFor?: number, mayKeep = true) {
  const goneSince = goneFor === undefined ? undefined : now - goneFor
  return { fetchedAt: now - age, freshUntil: now - age + minute, mayKeep, goneSince }
}
/** A copy by its age, and by how long it was fresh. */
const fresh = (seconds: number, age: number) => ({ ...copy(age), freshUntil: now - age + seconds })

test.each<[string, ReturnType<typeof copy>, NoCopy, ClientWithoutDocument]>([
  ['an outage that is recent', copy(day + minute - 1), 'unreachable', 'previous'],
  ['an outage of a day', copy(day + minute), 'unreachable', 'unknown'],
  ['an outage nearly a day after a long freshness', fresh(day, 2 * day - 1), 'unreachable', 'previous'],
  ['an outage a day after a long freshness', fresh(day, 2 * day), 'unreachable', 'unknown'],
  ['an outage after a freshness beyond the bounds', fresh(30 * day, 2 * day), 'unreachable', 'unknown'],
  ['an outage of a year', copy(365 * day), 'unreachable', 'unknown'],
  ['an outage after no-store', copy(minute, undefined, false), 'unreachable', 'unknown'],
  ['a document gone for a moment', copy(minute, 0), 'gone', 'previous'],
  ['a document gone for ten minutes', copy(20 * minute, 10 * minute), 'gone', 'unknown'],
  ['a document gone for a moment and fetched days ago', copy(5 * day, 0), 'gone', 'unknown'],
  ['a document gone for nearly a day', copy(day, day - 1), 'gone', 'unknown'],
  ['a document gone for a day', copy(day, day), 'gone', 'removed'],
  ['a document with no-store gone for a day', copy(day, day, false), 'gone', 'removed'],
  ['an outage after a moment without the document', copy(minute, 0), 'unreachable', 'previous'],
  ['an outage after ten minutes without the document', copy(minute, 10 * minute), 'unreachable', 'unknown'],
  ['an outage after days without the document', copy(5 * day, 4 * day), 'unreachable', 'unknown'],
  ['a fetch limit reached for ten minutes', copy(11 * minute - 1), 'notAsked', 'previous'],
  ['a fetch limit reached for longer', copy(11 * minute), 'notAsked', 'unknown'],
  ['a fetch limit reached after no-store', copy(minute, undefined, false), 'notAsked', 'unknown'],
  [
    'a fetch limit reached after ten minutes without the document',
    copy(minute, 10 * minute),
    'notAsked',
    'unknown',
  ],
  ['a fetch limit reached after days without the document', copy(5 * day, 4 * day), 'notAsked', 'unknown'],
  ['an outage after the clock was set back a minute', copy(-minute), 'unreachable', 'previous'],
  ['an outage after the clock was set back a year', copy(-365 * day), 'unreachable', 'unknown'],
])('G-13 the staleness rule decides %s', (_what, known, why, expected) => {
  expect(withoutDocument(known, why, now)).toBe(expected)
})

test('G-13 an outage removes no client', () => {
  for (let age = -2 * day; age <= 3 * day; age += 500)
    for (const goneFor of [undefined, -day, 0, 600, day, 30 * day])
      expect(withoutDocument(copy(age, goneFor), 'unreachable', now)).not.toBe('removed')
})
