import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { describe, expect, test } from 'vitest'
import {
  type MemoryRateLimitOptions,
  memoryRateLimit,
  rules,
} from '../../../src/authorization-server/rate-limit/memory-rate-limit.js'
import type {
  RateLimitAnswer,
  RateLimitedMoment,
} from '../../../src/authorization-server/rate-limit/rate-limit.js'
import { testClock } from '../../harness/test-clock.js'

/** Returns how many equal moments are allowed in a row. */
function allowed(limit: ReturnType<typeof memoryRateLimit>, moment: RateLimitedMoment, tries = 5000): number {
  for (let count = 0; count < tries; count += 1) if ('retryAfter' in limit(moment)) return count
  return tries
}

const arrived = (endpoint: RateLimitedMoment['endpoint'], address?: string): RateLimitedMoment => ({
  endpoint,
  stage: 'arrived',
  address,
})
const stored = { endpoint: 'register', stage: 'checked' } as const
const failed = (clientId: string, address?: string): RateLimitedMoment => ({
  endpoint: 'token',
  stage: 'failed',
  clientId,
  address,
})

describe('by default', () => {
  const now = testClock()
  const limit = () => memoryRateLimit({ now })

  test.each<[string, RateLimitedMoment, number]>([
    ['registrations', stored, 2000],
    ['registrations with a token', { endpoint: 'register', stage: 'authenticated' }, 2000],
    ['registrations from an address', arrived('register', '192.0.2.1'), 30],
    ['authorization requests from an address', arrived('authorize', '192.0.2.1'), 300],
    ['token requests from an address', arrived('token', '192.0.2.1'), 1200],
    ['failures of a client', failed('c'), 100],
    [
      'requests of a client that is not configured',
      { endpoint: 'introspect', stage: 'authenticated', clientId: 'c', isConfigured: false },
      1200,
    ],
    ['assertions of unapproved clients', { endpoint: 'token', stage: 'proving' }, 300],
    [
      'assertions of unapproved clients from an address',
      { endpoint: 'token', stage: 'proving', address: '::1' },
      300,
    ],
    ['authorizations of a user', { endpoint: 'authorize', stage: 'authenticated', subject: 'alice' }, 200],
  ])('F-21 E-25 %s are limited', (_what, moment, burst) => {
    expect(allowed(limit(), moment)).toBe(burst)
  })

  test.each<[string, RateLimitedMoment]>([
    ['registrations without an address, on arrival', arrived('register')],
    ['authorization requests without an address', arrived('authorize')],
    ['token requests without an address', arrived('token')],
    ['metadata', arrived('jwks', '192.0.2.1')],
    ['an authenticated client', { endpoint: 'token', stage: 'authenticated', clientId: 'c' }],
    ['a configured client', { endpoint: 'token', stage: 'authenticated', clientId: 'c', isConfigured: true }],
    [
      'authorizations of a client that is not configured',
      { endpoint: 'authorize', stage: 'authenticated', clientId: 'c', isConfigured: false },
    ],
  ])('the default rate limit does not limit %s', (_what, moment) => {
    expect(allowed(limit(), moment)).toBe(5000)
  })

  test('E-25 failed authentications limit no other requests of the client', () => {
    const one = limit()
    allowed(one, failed('c', '192.0.2.1'))
    expect(one({ endpoint: 'token', stage: 'authenticated', clientId: 'c' })).toEqual({ allowed: true })
    expect(one(arrived('token', '192.0.2.1'))).toEqual({ allowed: true })
    expect(one(failed('another', '192.0.2.2'))).toEqual({ allowed: true })
  })

  test('a request is allowed after waiting for Retry-After', () => {
    const one = limit()
    allowed(one, failed('c'))
    const answer = one(failed('c'))
    expect(answer).toEqual({ retryAfter: 2 })
    now.advance(1)
    expect(one(failed('c'))).toEqual({ retryAfter: 1 })
    now.advance(1)
    expect(one(failed('c'))).toEqual({ allowed: true })
  })

  test('F-21 registrations without a token do not use up the limit of those with a token', () => {
    const one = limit()
    allowed(one, stored)
    expect(allowed(one, { endpoint: 'register', stage: 'authenticated' })).toBe(2000)
  })

  /** Sends valid registrations from each address in turn. Returns how many are stored. */
  function registered(one: ReturnType<typeof memoryRateLimit>, addresses: readonly string[], times = 1) {
    let count = 0
    for (let i = 0; i < times; i += 1) {
      for (const address of addresses) {
        if ('retryAfter' in one(arrived('register', address))) continue
        if (!('retryAfter' in one({ ...stored, address }))) count += 1
      }
    }
    return count
  }
  const subnets = (count: number, prefix = '2001:db8:1') =>
    Array.from({ length: count }, (_, i) => `${prefix}:${i.toString(16)}::1`)

  test('F-21 an IPv6 home registers no more clients than an IPv4 address', () => {
    const one = limit()
    expect(registered(one, subnets(256), 30)).toBe(30)
    expect(registered(one, ['192.0.2.1'], 60)).toBe(30)
    expect(registered(one, ['2001:db8:1:100::1'], 60)).toBe(30)
  })

  test('F-21 one IPv6 network cannot use up the registrations of others', () => {
    const one = limit()
    const all = Array.from({ length: 256 }, (_, i) => `2001:db8:1:${(i * 256).toString(16)}::1`)
    expect(registered(one, all, 30)).toBe(120)
    for (let minute = 0; minute < 120; minute += 1) {
      now.advance(60)
      expect(registered(one, all)).toBe(12)
      expect(registered(one, [`192.0.2.${minute}`])).toBe(1)
      expect(registered(one, ['2001:db8:2::1'])).toBe(1)
    }
  })

  test('F-21 a hundred IPv4 addresses and seventy IPv6 /48 do not use up the registrations of others', () => {
    const one = limit()
    const v4 = Array.from({ length: 100 }, (_, i) => `198.51.100.${i}`)
    // Each /48 uses two of its /56. Its own limit allows no more.
    const v6 = Array.from({ length: 70 }, (_, i) =>
      Array.from(
        { length: 2 },
        (_, home) => `2001:db8:${(i + 16).toString(16)}:${(home * 256).toString(16)}::1`,
      ),
    ).flat()
    registered(one, [...v4, ...v6], 30)
    for (let minute = 0; minute < 12; minute += 1) {
      now.advance(59)
      registered(one, [...v4, ...v6], 6)
      now.advance(1)
      if (minute < 6) continue
      expect(registered(one, [`192.0.2.${minute}`])).toBe(1)
    }
  })

  test('F-21 registrations take a bounded part of the store, from any number of addresses', () => {
    const one = memoryRateLimit({ now }) as (moment: RateLimitedMoment) => Awaited<RateLimitAnswer>
    const perMinute = 3
    const hour = 60 * perMinute
    const halfAnHour = 30 * perMinute
    const counts = Array.from({ length: hour }, () => {
      const count = { kept: 0, brief: 0 }
      for (;;) {
        const answer = one(stored)
        if ('retryAfter' in answer) break
        count[answer.brief === true ? 'brief' : 'kept'] += 1
      }
      now.advance(60 / perMinute)
      return count
    })
    const kept = counts.reduce((all, count) => all + count.kept, 0)
    const first = counts.slice(0, halfAnHour).reduce((all, count) => all + count.brief, 0)
    expect(kept).toBeGreaterThan(1000 + 20 * 59)
    expect(kept).toBeLessThanOrEqual(1000 + 20 * 60)
    // The burst counts once.
    expect(first).toBeGreaterThan(45_000)
    expect(first).toBeLessThanOrEqual(46_000)
    const last = counts.slice(-halfAnHour).reduce((all, count) => all + count.brief, 0)
    expect(last).toBeLessThanOrEqual(first)
  })

  test('L-23 one user has at most a few hundred stored consent pages', () => {
    const one = limit()
    const shown = { endpoint: 'authorize', stage: 'authenticated', subject: 'alice' } as const
    let count = 0
    for (let second = 0; second < 600; second += 1) {
      count += allowed(one, shown)
      now.advance(1)
    }
    expect(count).toBeGreaterThanOrEqual(490)
    expect(count).toBeLessThanOrEqual(500)
    expect(one({ ...shown, subject: 'bob' })).toEqual({ allowed: true })
  })

  test('the addresses of one IPv6 link count as one for requests that store nothing', () => {
    const one = limit()
    expect(allowed(one, arrived('authorize', '2001:db8::1'))).toBe(300)
    expect(allowed(one, arrived('authorize', '2001:db8::ffff:2'))).toBe(0)
    expect(allowed(one, arrived('authorize', '2001:db8:0:1::1'))).toBe(300)
  })
})

test('each limit can be set or disabled', () => {
  const limit = memoryRateLimit({
    failuresPerClient: { burst: 2, perMinute: 1 },
    registrations: false,
    registrationsPerAddress: { burst: 4, perMinute: 1 },
    requestsPerClient: { burst: 3, perMinute: 60 },
    now: testClock(),
  })
  expect(allowed(limit, failed('c'))).toBe(2)
  expect(allowed(limit, stored)).toBe(5000)
  expect(allowed(limit, arrived('register', '192.0.2.1'))).toBe(4)
  expect(allowed(limit, { endpoint: 'token', stage: 'authenticated', clientId: 'c' })).toBe(3)
  expect(allowed(limit, { endpoint: 'authorize', stage: 'authenticated', clientId: 'c' })).toBe(5000)
})

test('F-21 registrations beyond the limit are brief until the limit of brief ones is reached', () => {
  const now = testClock()
  const one = memoryRateLimit({
    registrations: { burst: 1, perMinute: 1 },
    briefRegistrations: { burst: 2, perMinute: 60 },
    now,
  })
  expect([one(stored), one(stored), one(stored), one(stored)]).toEqual([
    { allowed: true },
    { allowed: true, brief: true },
    { allowed: true, brief: true },
    { retryAfter: 1 },
  ])
  now.advance(60)
  expect(one(stored)).toEqual({ allowed: true })
  const strict = memoryRateLimit({
    registrations: { burst: 1, perMinute: 1 },
    briefRegistrations: false,
    now,
  })
  expect([strict(stored), strict(stored)]).toEqual([{ allowed: true }, { retryAfter: 60 }])
})

test.each<[string, MemoryRateLimitOptions]>([
  ['briefRegistrations.burst', { briefRegistrations: { burst: 0, perMinute: 1 } }],
  ['registrations.burst', { registrations: { burst: 0, perMinute: 1 } }],
  ['failuresPerClient.perMinute', { failuresPerClient: { burst: 1, perMinute: 0 } }],
  ['pagesPerAddress.burst', { pagesPerAddress: { burst: Number.NaN, perMinute: 1 } }],
  ['remembered', { remembered: 0 }],
])('memoryRateLimit refuses an invalid "%s"', (option, options) => {
  expect(() => memoryRateLimit(options)).toThrow(new RegExp(`^memoryRateLimit: "${option}" must be`))
})

test('memoryRateLimit refuses a misspelled limit', () => {
  const misspelled = { registration: { burst: 1, perMinute: 1 } } as MemoryRateLimitOptions
  expect(() => memoryRateLimit(misspelled)).toThrow(
    /^memoryRateLimit: "registration" is not an option\. Did you mean "registrations"\?$/,
  )
})

test('memoryRateLimit decides within microseconds', () => {
  const limit = memoryRateLimit()
  const moments: RateLimitedMoment[] = Array.from({ length: 1000 }, (_, i) => ({
    endpoint: 'token',
    stage: 'arrived',
    address: `192.0.2.${i}`,
  }))
  const best = Math.min(
    ...Array.from({ length: 20 }, () => {
      const start = performance.now()
      for (const moment of moments) limit(moment)
      return (performance.now() - start) / moments.length
    }),
  )
  // In milliseconds. An idle machine needs about 0.3 µs.
  expect(best).toBeLessThan(0.005)
})

test('F-21 E-25 docs/reference/rate-limits.md lists the default limits', () => {
  const docs = readFileSync(new URL('../../../../../docs/reference/rate-limits.md', import.meta.url), 'utf8')
  const rows = [...docs.matchAll(/^\| `(\w+)` \| ([\w ]+) \| (\d*)\s*\|/gm)]
  const documented = rows.map(([, name, burst, perMinute]) => [
    name,
    burst === 'no limit' ? false : { burst: Number(burst), perMinute: Number(perMinute) },
  ])
  const inCode = Object.entries(rules).map(([name, { limit }]) => [name, limit])
  expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(inCode))
})
