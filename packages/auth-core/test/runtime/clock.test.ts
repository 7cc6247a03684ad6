import { expect, test } from 'vitest'
import { isDuring, secondsBetween } from '../../src/runtime/clock.js'

test.each([
  [99, false],
  [100, true],
  [109, true],
  [110, false],
])('N-12 at %i it is between 100 and 110: %s', (now, expected) => {
  expect(isDuring(now, 100, 110)).toBe(expected)
})

test('N-12 the seconds between two times do not depend on their order', () => {
  expect([secondsBetween(100, 90), secondsBetween(90, 100)]).toEqual([10, 10])
})
