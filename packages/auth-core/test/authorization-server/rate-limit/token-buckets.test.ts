import { expect, test } from 'vitest'
import { TokenBuckets } from '../../../src/authorization-server/rate-limit/token-buckets.js'

/** Takes tokens until the bucket is empty. Returns how many it took. */
function drain(buckets: TokenBuckets, key: string, now: number): number {
  let taken = 0
  while (buckets.secondsToWait(key, now) === 0) {
    buckets.take(key, now)
    taken += 1
  }
  return taken
}

test('a bucket starts with its burst and fills at its rate', () => {
  const buckets = new TokenBuckets({ burst: 5, perMinute: 30 }, 10)
  expect(drain(buckets, 'a', 1000)).toBe(5)
  expect(buckets.secondsToWait('a', 1000)).toBe(2)
  expect(buckets.secondsToWait('a', 1001)).toBe(1)
  expect(drain(buckets, 'a', 1002)).toBe(1)
  expect(drain(buckets, 'a', 1007)).toBe(2)
  // The odd second left half a token. A bucket never holds more than its burst.
  expect(drain(buckets, 'a', 1008)).toBe(1)
  expect(drain(buckets, 'a', 9999)).toBe(5)
})

test('keys do not share a bucket', () => {
  const buckets = new TokenBuckets({ burst: 2, perMinute: 60 }, 10)
  expect([drain(buckets, 'a', 0), drain(buckets, 'b', 0), drain(buckets, 'a', 0)]).toEqual([2, 2, 0])
})

test('a clock that is set back neither fills a bucket nor empties it', () => {
  const buckets = new TokenBuckets({ burst: 3, perMinute: 60 }, 10)
  buckets.take('a', 1000)
  expect(drain(buckets, 'a', 0)).toBe(2)
  // The bucket fills from the new time, not from the old one.
  expect(buckets.secondsToWait('a', 0)).toBe(1)
  expect(drain(buckets, 'a', 2)).toBe(2)
})

test('F-21 an empty bucket fills after the clock is set back', () => {
  const buckets = new TokenBuckets({ burst: 1, perMinute: 60 }, 10)
  buckets.take('a', 1000)
  expect(buckets.secondsToWait('a', 0)).toBe(1)
  expect(buckets.secondsToWait('a', 1)).toBe(0)
})

test('F-21 with too many keys, the least recently used are forgotten', () => {
  const buckets = new TokenBuckets({ burst: 1, perMinute: 1 }, 3)
  for (const key of ['a', 'b', 'c']) buckets.take(key, 0)
  // "a" is used again, so "b" is the oldest.
  buckets.take('a', 60)
  buckets.take('d', 60)
  expect(['a', 'b', 'c', 'd'].map((key) => buckets.secondsToWait(key, 60))).toEqual([60, 0, 0, 60])
})

test('F-21 keys of any length take little memory', () => {
  const buckets = new TokenBuckets({ burst: 1, perMinute: 1 }, 10)
  const long = 'x'.repeat(100_000)
  buckets.take(long, 0)
  expect(buckets.secondsToWait(long, 0)).toBe(60)
  expect(buckets.secondsToWait(`${long}y`, 0)).toBe(0)
})
