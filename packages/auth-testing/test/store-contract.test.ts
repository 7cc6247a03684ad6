import { encryptedStore, memoryStore, type Store } from '@tollgate/auth-core'
import { type StoreContractCase, storeContract, type TestClock } from '@tollgate/auth-testing'
import { describe, expect, test } from 'vitest'

const keys = [{ id: 'a', key: new Uint8Array(32).fill(1) }]

const stores: readonly [string, (clock: TestClock) => Store][] = [
  ['memoryStore', (now) => memoryStore({ now })],
  ['encryptedStore', (now) => encryptedStore(memoryStore({ now }), { keys })],
]

describe.each(stores)('%s', (_name, createStore) => {
  test.each([...storeContract(createStore)])('N-01 N-03 N-05 N-08 N-11 N-12 $name', ({ run }) => run())
})

/** Stores that break the contract in one way, and the case that fails. */
const brokenStores: readonly [string, (store: Store) => Partial<Store>, string][] = [
  ['reads before it deletes', takesInTwoSteps, 'one of fifty parallel takes returns the entry'],
  ['reads before it adds', addsInTwoSteps, 'one of fifty parallel adds writes the entry'],
  ['reads before it swaps', swapsInTwoSteps, 'one of fifty parallel compareAndSwaps replaces the entry'],
  ['reads empty values as missing', losesEmptyValues, 'the value "" is stored like any other'],
  ['ignores the case of keys', ignoresCase, 'the key "A" is a key like any other'],
  ['never expires', neverExpires, 'an entry exists for its time to live and not a second longer'],
]

test.each(brokenStores)('the contract fails for a store that %s', async (_name, breakStore, expected) => {
  const cases = storeContract((now) => {
    const store = memoryStore({ now })
    return { ...store, ...breakStore(store) }
  })
  expect(await namesOfFailed(cases)).toContain(expected)
})

async function namesOfFailed(cases: readonly StoreContractCase[]): Promise<string[]> {
  const failed: string[] = []
  for (const { name, run } of cases) {
    await run().catch(() => failed.push(name))
  }
  return failed
}

function takesInTwoSteps(store: Store): Partial<Store> {
  return {
    async take(key) {
      const value = await store.get(key)
      await store.delete(key)
      return value
    },
  }
}

function addsInTwoSteps(store: Store): Partial<Store> {
  return {
    async add(key, value, ttl) {
      if ((await store.get(key)) !== undefined) return false
      await store.set(key, value, ttl)
      return true
    },
  }
}

function swapsInTwoSteps(store: Store): Partial<Store> {
  return {
    async compareAndSwap(key, expected, value, ttl) {
      if ((await store.get(key)) !== expected) return false
      await store.set(key, value, ttl)
      return true
    },
  }
}

function losesEmptyValues(store: Store): Partial<Store> {
  return { get: async (key) => (await store.get(key)) || undefined }
}

function ignoresCase(store: Store): Partial<Store> {
  return {
    get: (key) => store.get(key.toLowerCase()),
    add: (key, ...entry) => store.add(key.toLowerCase(), ...entry),
  }
}

function neverExpires(store: Store): Partial<Store> {
  return { set: (key, value) => store.set(key, value, 1e9) }
}
