import { afterEach, describe, expect, test, vi } from 'vitest'
import { memoryStore } from '../../src/store/memory-store.js'
import { testClock } from '../harness/test-clock.js'

test('two stores share nothing', async () => {
  const [a, b] = [memoryStore(), memoryStore()]
  await a.set('key', '1', 60)
  expect(await b.get('key')).toBeUndefined()
})

describe('memory', () => {
  afterEach(() => vi.unstubAllGlobals())

  /** A store whose one map can be looked at. */
  function observed() {
    const maps: ObservedMap[] = []
    class ObservedMap extends Map<string, unknown> {
      steps = 0
      constructor() {
        super()
        maps.push(this)
      }
      override entries() {
        const iterator = super.entries()
        const next = iterator.next.bind(iterator)
        iterator.next = () => {
          this.steps += 1
          return next()
        }
        return iterator
      }
    }
    vi.stubGlobal('Map', ObservedMap)
    const clock = testClock()
    const store = memoryStore({ now: clock })
    vi.unstubAllGlobals()
    expect(maps).toHaveLength(1)
    return { clock, store, entries: maps[0] as ObservedMap }
  }

  test('N-16 expired entries are freed by the writes that follow, two by each', async () => {
    const { clock, store, entries } = observed()
    for (let i = 0; i < 10_000; i += 1) await store.set(`old-${i}`, '1', 60)
    expect(entries.size).toBe(10_000)
    clock.advance(60)
    for (let i = 0; i < 6000; i += 1) await store.set('new', '1', 60)
    expect(entries.size).toBe(1)
    expect(await store.get('new')).toBe('1')
  })

  test('N-16 current entries do not hide expired ones behind them', async () => {
    const { clock, store, entries } = observed()
    for (let i = 0; i < 1000; i += 1) await store.set(`good-${i}`, '1', 3600)
    for (let i = 0; i < 1000; i += 1) await store.set(`old-${i}`, '1', 60)
    clock.advance(60)
    for (let i = 0; i < 2100; i += 1) await store.set('good-0', '1', 3600)
    expect(entries.size).toBe(1000)
  })

  test('N-16 no operation checks more than a few entries', async () => {
    const { clock, store, entries } = observed()
    for (let i = 0; i < 10_000; i += 1) await store.set(`old-${i}`, '1', 60)
    clock.advance(60)
    const operations = [
      () => store.get('old-1'),
      () => store.set('a', '1', 60),
      () => store.add('b', '1', 60),
      () => store.compareAndSwap('a', '1', '2', 60),
      () => store.take('a'),
      () => store.delete('b'),
    ]
    for (const operation of operations) {
      const before = entries.steps
      await operation()
      expect(entries.steps - before).toBeLessThanOrEqual(2)
    }
  })

  test('reading an expired entry frees it', async () => {
    const { clock, store, entries } = observed()
    await store.set('a', '1', 60)
    clock.advance(60)
    await store.get('a')
    expect(entries.size).toBe(0)
  })
})
