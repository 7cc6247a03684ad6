import { beforeEach, describe, expect, test } from 'vitest'
import type { Store } from '../../src/store/store.js'
import { type TestClock, testClock } from '../harness/test-clock.js'

const together = <T>(call: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: 50 }, call))

/** What every store must do, as tests of one of them. */
export function describeStoreContract(
  name: string,
  createStore: (clock: TestClock) => Store | Promise<Store>,
): void {
  describe(`${name} is a store`, () => {
    let clock: TestClock
    let store: Store

    beforeEach(async () => {
      clock = testClock()
      store = await createStore(clock)
    })

    test('an entry that is not there is undefined', async () => {
      expect(await store.get('a')).toBeUndefined()
      expect(await store.take('a')).toBeUndefined()
      await expect(store.delete('a')).resolves.toBeUndefined()
    })

    test('an entry is read as it was written, until it is overwritten or deleted', async () => {
      await store.set('a', '1', 60)
      await store.set('b', 'ü"\\\n\u2028🔑', 60)
      expect(await store.get('a')).toBe('1')
      expect(await store.get('b')).toBe('ü"\\\n\u2028🔑')
      await store.set('a', '2', 60)
      expect(await store.get('a')).toBe('2')
      await store.delete('a')
      expect(await store.get('a')).toBeUndefined()
      expect(await store.get('b')).toBeDefined()
    })

    test.each(['', '0', 'null', 'undefined', 'false'])('the value %j is a value', async (value) => {
      await store.set('a', value, 60)
      expect(await store.get('a')).toBe(value)
      expect(await store.add('a', 'other', 60)).toBe(false)
      expect(await store.compareAndSwap('a', value, 'next', 60)).toBe(true)
      expect(await store.take('a')).toBe('next')
    })

    test.each(['__proto__', 'constructor', 'a:b', "a'b", 'a%b', 'A', 'ä', ' '])(
      'N-11 the key %j is a key like any other',
      async (key) => {
        expect(await store.get(key)).toBeUndefined()
        await store.set('a', 'other', 60)
        expect(await store.add(key, '1', 60)).toBe(true)
        expect(await store.get(key)).toBe('1')
        expect(await store.get('a')).toBe('other')
        expect(await store.take(key)).toBe('1')
      },
    )

    test('a long value is kept', async () => {
      const value = 'x'.repeat(100_000)
      await store.set('a', value, 60)
      expect(await store.get('a')).toBe(value)
    })

    test('add writes only where nothing is, and says whether it did', async () => {
      expect(await store.add('a', '1', 60)).toBe(true)
      expect(await store.add('a', '2', 60)).toBe(false)
      expect(await store.get('a')).toBe('1')
      await store.delete('a')
      expect(await store.add('a', '3', 60)).toBe(true)
    })

    test('compareAndSwap replaces only what is expected, and says whether it did', async () => {
      expect(await store.compareAndSwap('a', '1', '2', 60)).toBe(false)
      expect(await store.get('a')).toBeUndefined()
      await store.set('a', '1', 60)
      expect(await store.compareAndSwap('a', '0', '2', 60)).toBe(false)
      expect(await store.compareAndSwap('a', '1', '2', 60)).toBe(true)
      expect(await store.compareAndSwap('a', '1', '3', 60)).toBe(false)
      expect(await store.get('a')).toBe('2')
    })

    test('take removes what it answers', async () => {
      await store.set('a', '1', 60)
      expect(await store.take('a')).toBe('1')
      expect(await store.take('a')).toBeUndefined()
      expect(await store.get('a')).toBeUndefined()
    })

    test('N-01 of fifty that take an entry at once, one gets it', async () => {
      await store.set('a', '1', 60)
      const answers = await together(() => store.take('a'))
      expect(answers.filter((answer) => answer === '1')).toHaveLength(1)
      expect(answers.filter((answer) => answer === undefined)).toHaveLength(49)
    })

    test('N-05 of fifty that add an entry at once, one does', async () => {
      let serial = 0
      const answers = await together(async () => {
        serial += 1
        const value = String(serial)
        return (await store.add('a', value, 60)) ? value : undefined
      })
      const winners = answers.filter((answer) => answer !== undefined)
      expect(winners).toHaveLength(1)
      expect(await store.get('a')).toBe(winners[0])
    })

    test('N-03 of fifty that replace an entry at once, one does', async () => {
      await store.set('a', '0', 60)
      let serial = 0
      const answers = await together(async () => {
        serial += 1
        const value = String(serial)
        return (await store.compareAndSwap('a', '0', value, 60)) ? value : undefined
      })
      const winners = answers.filter((answer) => answer !== undefined)
      expect(winners).toHaveLength(1)
      expect(await store.get('a')).toBe(winners[0])
    })

    describe('expiry', () => {
      test('N-08 N-12 an entry is there until its time is up, and not a second longer', async () => {
        await store.set('a', '1', 60)
        clock.advance(59)
        expect(await store.get('a')).toBe('1')
        clock.advance(1)
        expect(await store.get('a')).toBeUndefined()
      })

      test('N-08 what has expired cannot be taken, and is replaced like nothing', async () => {
        for (const key of ['a', 'b', 'c']) await store.set(key, '1', 1)
        clock.advance(1)
        expect(await store.take('a')).toBeUndefined()
        expect(await store.compareAndSwap('b', '1', '2', 60)).toBe(false)
        expect(await store.add('c', '2', 60)).toBe(true)
        expect(await store.get('c')).toBe('2')
      })

      test('N-08 every write sets the time anew', async () => {
        await store.set('a', '1', 10)
        await store.set('b', '1', 10)
        clock.advance(9)
        await store.set('a', '2', 10)
        await store.compareAndSwap('b', '1', '2', 10)
        clock.advance(9)
        expect(await store.get('a')).toBe('2')
        expect(await store.get('b')).toBe('2')
        clock.advance(1)
        expect(await store.get('a')).toBeUndefined()
        expect(await store.get('b')).toBeUndefined()
      })

      test('N-08 a write that was refused changes no time', async () => {
        await store.set('a', '1', 10)
        await store.add('a', '2', 100)
        await store.compareAndSwap('a', '0', '2', 100)
        clock.advance(10)
        expect(await store.get('a')).toBeUndefined()
      })
    })
  })
}
