import { expect, test } from 'vitest'
import { afterFailure } from '../../../../src/authorization-server/client-registry/documents/document-staleness.js'

const now = 1_800_000_000
const minute = 60
const day = 24 * 3600

/** By its age, and by how long its website has said that there is none. */
function copy(age: number, goneFor?: number, mayKeep = true) {
  const goneSince = goneFor === undefined ? undefined : now - goneFor
  return { fetchedAt: now - age, freshUntil: now - age + minute, mayKeep, goneSince }
}
/** By its age, and by how long it was fresh. */
const fresh = (seconds: number, age: number) => ({ ...copy(age), freshUntil: now - age + seconds })
const answer = { isAnswer: true, isOwn: false }
const outage = { isAnswer: false, isOwn: false }
const tooMuch = { isAnswer: false, isOwn: true }

test.each<[string, ReturnType<typeof copy>, typeof outage, string]>([
  ['a website that is down, of late', copy(day + minute - 1), outage, 'before'],
  ['a website that is down for long', copy(day + minute), outage, 'unknown'],
  ['a long freshness that has ended for nearly a day', fresh(day, 2 * day - 1), outage, 'before'],
  ['a long freshness that has ended for a day', fresh(day, 2 * day), outage, 'unknown'],
  ['a freshness that nobody may claim', fresh(30 * day, 2 * day), outage, 'unknown'],
  ['a website that is down for a year', copy(365 * day), outage, 'unknown'],
  ['a document that may not be kept', copy(minute, undefined, false), outage, 'unknown'],
  ['a document that is gone for a moment', copy(minute, 0), answer, 'before'],
  ['a document that is gone for ten minutes', copy(20 * minute, 10 * minute), answer, 'unknown'],
  ['one that is gone for a moment, and was fetched days ago', copy(5 * day, 0), answer, 'unknown'],
  ['one that is gone for nearly a day', copy(day, day - 1), answer, 'unknown'],
  ['one that is gone for a day', copy(day, day), answer, 'gone'],
  ['one that may not be kept, and is gone for a day', copy(day, day, false), answer, 'gone'],
  ['a website that is down, after a moment without', copy(minute, 0), outage, 'before'],
  ['a website that is down, after ten minutes without', copy(minute, 10 * minute), outage, 'unknown'],
  ['a website that is down, after days without', copy(5 * day, 4 * day), outage, 'unknown'],
  ['a server that fetches too much to ask, for ten minutes', copy(11 * minute - 1), tooMuch, 'before'],
  ['a server that fetches too much to ask, for longer', copy(11 * minute), tooMuch, 'unknown'],
  ['one that may not be kept, and cannot be asked for', copy(minute, undefined, false), tooMuch, 'unknown'],
  [
    'one that was gone for ten minutes, and cannot be asked for',
    copy(minute, 10 * minute),
    tooMuch,
    'unknown',
  ],
  ['a server that fetches too much to ask what is gone', copy(5 * day, 4 * day), tooMuch, 'unknown'],
  ['a clock that was set back a little', copy(-minute), outage, 'before'],
  ['a clock that was set back by a year', copy(-365 * day), outage, 'unknown'],
])('G-13 of %s, the right thing counts', (_what, known, failure, expected) => {
  expect(afterFailure(known, failure, now)).toBe(expected)
})

test('G-13 an outage wipes no client, whatever was before', () => {
  for (let age = -2 * day; age <= 3 * day; age += 500)
    for (const goneFor of [undefined, -day, 0, 600, day, 30 * day])
      expect(afterFailure(copy(age, goneFor), outage, now)).not.toBe('gone')
})
