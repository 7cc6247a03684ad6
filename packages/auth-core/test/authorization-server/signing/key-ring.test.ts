import { describe, expect, test } from 'vitest'
import type { KeyRing } from '../../../src/authorization-server/records/stored-records.js'
import {
  jwksMaxAge,
  needsNextKey,
  publishedAt,
  rotationTimes,
  signingKeyAt,
  tidied,
} from '../../../src/authorization-server/signing/key-ring.js'

const day = 24 * 3600
const times = rotationTimes({ signingKey: 90 * day, accessToken: 3600 }, 60)

function ringOf(...signsFrom: number[]): KeyRing {
  return signsFrom.map((from, index) => ({
    publicKey: { kty: 'EC', kid: `key-${index}`, alg: 'ES256' },
    privateKey: { kty: 'EC', d: 'secret' },
    signsFrom: from,
  }))
}

const kids = (ring: KeyRing) => ring.map(({ publicKey }) => publicKey.kid)

test('B-25 a key is published before it signs for longer than caches keep the document', () => {
  expect(times.lead).toBeGreaterThan(jwksMaxAge + 60 + 300)
})

test('B-25 a key is published until its last token has expired everywhere', () => {
  expect(times.overlap).toBeGreaterThanOrEqual(3600 + jwksMaxAge + 60)
})

describe('the key that signs', () => {
  test.each([
    [0, 'key-0'],
    [99, 'key-0'],
    [100, 'key-1'],
    [1e9, 'key-1'],
    [-50, 'key-0'],
  ])('B-25 the key that signs at %d is %s', (now, kid) => {
    expect(signingKeyAt(ringOf(0, 100), now)?.publicKey.kid).toBe(kid)
  })

  test('B-25 the key that signs has a private key, even if the clock is behind', () => {
    const [first, second] = ringOf(0, 100)
    const ring = [{ ...first, privateKey: undefined }, second] as KeyRing
    expect(signingKeyAt(ring, 50)?.publicKey.kid).toBe('key-1')
    expect(signingKeyAt([], 50)).toBeUndefined()
  })
})

test('B-25 a key is published until its overlap ends, and the last one always', () => {
  const ring = ringOf(0, 100 * day)
  const end = 100 * day + times.overlap
  expect(kids(publishedAt(ring, 0, times))).toEqual(['key-0', 'key-1'])
  expect(kids(publishedAt(ring, end - 1, times))).toEqual(['key-0', 'key-1'])
  expect(kids(publishedAt(ring, end, times))).toEqual(['key-1'])
  expect(kids(publishedAt(ring, 1000 * day, times))).toEqual(['key-1'])
})

test.each<[string, number[], number, string, boolean]>([
  ['the ring is empty', [], 0, 'ES256', true],
  ['the last key is young', [0], 89 * day - 1, 'ES256', false],
  ['the last key is nearly old', [0], 89 * day, 'ES256', true],
  ['the last key is very old', [0], 900 * day, 'ES256', true],
  ['a key waits to sign', [0, 90 * day], 89 * day + 1, 'ES256', false],
  ['a key of another algorithm waits to sign', [0, 90 * day], 89 * day + 1, 'PS256', false],
  ['the last key has another algorithm', [0], 1, 'PS256', true],
])('B-25 needsNextKey decides when %s', (_when, ring, now, algorithm, isNeeded) => {
  expect(needsNextKey(ringOf(...ring), now, times, algorithm)).toBe(isNeeded)
})

describe('tidying', () => {
  test('B-25 a private key is deleted after its last token, and the public key later', () => {
    const ring = ringOf(0, 100 * day)
    const hasPrivate = (now: number) => tidied(ring, now, times).map((key) => key.privateKey !== undefined)
    expect(hasPrivate(100 * day + 299)).toEqual([true, true])
    expect(hasPrivate(100 * day + 300)).toEqual([false, true])
    expect(hasPrivate(100 * day + times.overlap)).toEqual([true])
  })

  test('tidied keeps the objects of a tidy ring', () => {
    const ring = ringOf(0, 100 * day)
    expect(tidied(ring, 50, times)).toEqual(ring)
    expect(tidied(ring, 50, times).every((key, index) => key === ring[index])).toBe(true)
  })
})
