import { expect, test } from 'vitest'
import { RecentRevocations } from '../../../src/authorization-server/tokens/recent-revocations.js'
import { testClock } from '../../harness/test-clock.js'

test('a revocation is remembered for the whole period, however many others follow', () => {
  const clock = testClock()
  const revocations = new RecentRevocations(10, clock)
  revocations.add('family')
  expect(revocations.hasAny(() => ['none', 'other'])).toBe(false)
  for (let second = 0; second <= 10; second += 1) {
    expect(revocations.hasAny(() => ['none', 'family'])).toBe(true)
    revocations.add(`family-${second}`)
    clock.advance(1)
  }
})

test('revocations are forgotten even if the clock was set back', () => {
  const clock = testClock()
  const revocations = new RecentRevocations(10, clock)
  revocations.add('family')
  clock.advance(-3600)
  for (let i = 0; i < 3; i += 1) {
    revocations.add(`family-${i}`)
    expect(revocations.hasAny(() => [`family-${i}`])).toBe(true)
    clock.advance(11)
  }
  revocations.add('last')
  expect(revocations.hasAny(() => ['family', 'family-0'])).toBe(false)
})

test('a revocation just before the end of a period is remembered for the whole next period', () => {
  const clock = testClock()
  const revocations = new RecentRevocations(10, clock)
  clock.advance(9)
  revocations.add('family')
  for (let second = 0; second <= 10; second += 1) {
    expect(revocations.hasAny(() => ['family'])).toBe(true)
    clock.advance(1)
    revocations.add(`family-${second}`)
  }
})

test('a revocation is forgotten after the period', () => {
  const clock = testClock()
  const revocations = new RecentRevocations(10, clock)
  revocations.add('family')
  for (let i = 0; i < 3; i += 1) {
    clock.advance(11)
    revocations.add(`family-${i}`)
  }
  expect(revocations.hasAny(() => ['none', 'family'])).toBe(false)
  expect(revocations.hasAny(() => ['none', 'family-2'])).toBe(true)
})
