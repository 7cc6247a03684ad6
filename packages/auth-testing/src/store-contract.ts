import assert from 'node:assert/strict'
import type { Store } from '@tollgate/auth-core'
import { type TestClock, testClock } from './test-clock.js'

/** One guarantee of the store contract, as a test for any runner. */
export interface StoreContractCase {
  /** What a store guarantees. */
  readonly name: string
  /** Whether the case moves the clock, in seconds. Leave such cases out for a store with a clock of its own. */
  readonly movesClock: boolean
  /** Creates a store and rejects with an `AssertionError` if that breaks the guarantee. */
  run(): Promise<void>
}

type Check = (store: Store, clock: TestClock) => Promise<void>

/**
 * Returns the guarantees of the `Store` contract as test cases for any runner.
 *
 * The parallel cases run in one process. They do not prove that a store is atomic between processes.
 *
 * @param createStore Creates an empty store for each case. Its entries must expire by the given clock.
 *
 * @example
 * ```ts
 * import { storeContract } from '@tollgate/auth-testing'
 * import { test } from 'vitest'
 * import { yourStore } from '../src/your-store.js'
 *
 * for (const { name, run } of storeContract((now) => yourStore({ now }))) test(name, run)
 * ```
 */
export function storeContract(
  createStore: (clock: TestClock) => Store | Promise<Store>,
): readonly StoreContractCase[] {
  const caseOf =
    (movesClock: boolean) =>
    ([name, check]: readonly [string, Check]): StoreContractCase => ({
      name,
      movesClock,
      async run() {
        const clock = testClock()
        await check(await createStore(clock), clock)
      },
    })
  return [...Object.entries(operations).map(caseOf(false)), ...Object.entries(expiry).map(caseOf(true))]
}

const inParallel = <T>(call: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: 50 }, call))

const operations: Readonly<Record<string, Check>> = {
  async 'a missing entry is undefined'(store) {
    assert.equal(await store.get('a'), undefined)
    assert.equal(await store.take('a'), undefined)
    assert.equal(await store.delete('a'), undefined)
  },

  async 'an entry is read as written until it is overwritten or deleted'(store) {
    await store.set('a', '1', 60)
    await store.set('b', 'ü"\\\n\u2028🔑', 60)
    assert.equal(await store.get('a'), '1')
    assert.equal(await store.get('b'), 'ü"\\\n\u2028🔑')
    await store.set('a', '2', 60)
    assert.equal(await store.get('a'), '2')
    await store.delete('a')
    assert.equal(await store.get('a'), undefined)
    assert.notEqual(await store.get('b'), undefined)
  },

  ...Object.fromEntries(
    ['', '0', 'null', 'undefined', 'false'].map((value): [string, Check] => [
      `the value ${JSON.stringify(value)} is stored like any other`,
      async (store) => {
        await store.set('a', value, 60)
        assert.equal(await store.get('a'), value)
        assert.equal(await store.add('a', 'other', 60), false)
        assert.equal(await store.compareAndSwap('a', value, 'next', 60), true)
        assert.equal(await store.take('a'), 'next')
      },
    ]),
  ),

  ...Object.fromEntries(
    ['__proto__', 'constructor', 'a:b', "a'b", 'a%b', 'A', 'ä', ' '].map((key): [string, Check] => [
      `the key ${JSON.stringify(key)} is a key like any other`,
      async (store) => {
        assert.equal(await store.get(key), undefined)
        await store.set('a', 'other', 60)
        assert.equal(await store.add(key, '1', 60), true)
        assert.equal(await store.get(key), '1')
        assert.equal(await store.get('a'), 'other')
        assert.equal(await store.take(key), '1')
      },
    ]),
  ),

  async 'a value of 100,000 characters is stored'(store) {
    const value = 'x'.repeat(100_000)
    await store.set('a', value, 60)
    assert.equal(await store.get('a'), value)
  },

  async 'add writes only a missing entry and returns whether it did'(store) {
    assert.equal(await store.add('a', '1', 60), true)
    assert.equal(await store.add('a', '2', 60), false)
    assert.equal(await store.get('a'), '1')
    await store.delete('a')
    assert.equal(await store.add('a', '3', 60), true)
  },

  async 'compareAndSwap replaces only the expected value and returns whether it did'(store) {
    assert.equal(await store.compareAndSwap('a', '1', '2', 60), false)
    assert.equal(await store.get('a'), undefined)
    await store.set('a', '1', 60)
    assert.equal(await store.compareAndSwap('a', '0', '2', 60), false)
    assert.equal(await store.compareAndSwap('a', '1', '2', 60), true)
    assert.equal(await store.compareAndSwap('a', '1', '3', 60), false)
    assert.equal(await store.get('a'), '2')
  },

  async 'take removes the entry that it returns'(store) {
    await store.set('a', '1', 60)
    assert.equal(await store.take('a'), '1')
    assert.equal(await store.take('a'), undefined)
    assert.equal(await store.get('a'), undefined)
  },

  async 'one of fifty parallel takes returns the entry'(store) {
    await store.set('a', '1', 60)
    const taken = await inParallel(() => store.take('a'))
    assert.deepEqual(
      taken.filter((value) => value !== undefined),
      ['1'],
    )
  },

  async 'one of fifty parallel adds writes the entry'(store) {
    const winners = await winnersOf((value) => store.add('a', value, 60))
    assert.equal(winners.length, 1)
    assert.equal(await store.get('a'), winners[0])
  },

  async 'one of fifty parallel compareAndSwaps replaces the entry'(store) {
    await store.set('a', '0', 60)
    const winners = await winnersOf((value) => store.compareAndSwap('a', '0', value, 60))
    assert.equal(winners.length, 1)
    assert.equal(await store.get('a'), winners[0])
  },
}

const expiry: Readonly<Record<string, Check>> = {
  async 'an entry exists for its time to live and not a second longer'(store, clock) {
    await store.set('a', '1', 60)
    clock.advance(59)
    assert.equal(await store.get('a'), '1')
    clock.advance(1)
    assert.equal(await store.get('a'), undefined)
  },

  async 'an expired entry counts as missing for every operation'(store, clock) {
    for (const key of ['a', 'b', 'c']) await store.set(key, '1', 1)
    clock.advance(1)
    assert.equal(await store.take('a'), undefined)
    assert.equal(await store.compareAndSwap('b', '1', '2', 60), false)
    assert.equal(await store.add('c', '2', 60), true)
    assert.equal(await store.get('c'), '2')
  },

  async 'every write restarts the time to live'(store, clock) {
    await store.set('a', '1', 10)
    await store.set('b', '1', 10)
    clock.advance(9)
    await store.set('a', '2', 10)
    await store.compareAndSwap('b', '1', '2', 10)
    clock.advance(9)
    assert.equal(await store.get('a'), '2')
    assert.equal(await store.get('b'), '2')
    clock.advance(1)
    assert.equal(await store.get('a'), undefined)
    assert.equal(await store.get('b'), undefined)
  },

  async 'a write that changes nothing keeps the time to live'(store, clock) {
    await store.set('a', '1', 10)
    await store.add('a', '2', 100)
    await store.compareAndSwap('a', '0', '2', 100)
    clock.advance(10)
    assert.equal(await store.get('a'), undefined)
  },
}

/** The values for which one of fifty parallel writes returned `true`. */
async function winnersOf(write: (value: string) => Promise<boolean>): Promise<string[]> {
  let serial = 0
  const values = await inParallel(async () => {
    serial += 1
    const value = String(serial)
    return (await write(value)) ? value : undefined
  })
  return values.filter((value) => value !== undefined)
}
