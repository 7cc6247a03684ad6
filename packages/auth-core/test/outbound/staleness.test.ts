import { expect, test } from 'vitest'
import { TooManyFetches } from '../../src/outbound/fetch-slots.js'
import { NotFound } from '../../src/outbound/not-found.js'
import { staleFor, whyNoCopy } from '../../src/outbound/staleness.js'

test.each([
  [new Error('https://a.example responded 500'), 'unreachable', 86_400],
  [new TypeError('fetch failed'), 'unreachable', 86_400],
  ['not an error', 'unreachable', 86_400],
  [new NotFound('https://a.example responded 404'), 'gone', 600],
  [new TooManyFetches('too many fetches'), 'notAsked', 600],
])('A-18 %s means "%s": the previous copy counts for %i seconds more', (error, why, seconds) => {
  expect(whyNoCopy(error)).toBe(why)
  expect(staleFor[whyNoCopy(error)]).toBe(seconds)
})
