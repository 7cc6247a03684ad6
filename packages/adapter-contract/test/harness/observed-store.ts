import { type MemoryStoreOptions, memoryStore, type Store } from '@tollgate/auth-core'

export interface ObservedStore extends Store {
  /** Every key and value ever written. */
  readonly written: readonly string[]
  /** The number of stored entries of one kind. */
  count(kind: string): Promise<number>
  /** Changes the stored values of one kind, as an operator would. */
  edit(kind: string, change: (value: Record<string, unknown>) => Record<string, unknown>): Promise<void>
  /** Removes the stored entries of one kind. */
  forget(kind: string): Promise<void>
}

/** The memory store with a view of its content. */
export function observedStore(options: MemoryStoreOptions = {}): ObservedStore {
  const store = memoryStore(options)
  const written: string[] = []
  const keys = new Set<string>()
  const record = (key: string, value: string) => {
    written.push(key, value)
    keys.add(key)
  }
  const keysOf = (kind: string) => [...keys].filter((key) => key.startsWith(`${kind}:`))
  return {
    ...store,
    written,
    set: async (key, value, ttl) => {
      record(key, value)
      return store.set(key, value, ttl)
    },
    add: async (key, value, ttl) => {
      record(key, value)
      return store.add(key, value, ttl)
    },
    compareAndSwap: async (key, expected, value, ttl) => {
      record(key, value)
      return store.compareAndSwap(key, expected, value, ttl)
    },
    async count(kind) {
      const found = await Promise.all(keysOf(kind).map((key) => store.get(key)))
      return found.filter((value) => value !== undefined).length
    },
    async edit(kind, change) {
      for (const key of keysOf(kind)) {
        const stored = await store.get(key)
        if (stored === undefined) continue
        const { value, ...rest } = JSON.parse(stored) as { value: Record<string, unknown> }
        await store.set(key, JSON.stringify({ value: change(value), ...rest }), 3600)
      }
    },
    async forget(kind) {
      for (const key of keysOf(kind)) await store.delete(key)
    },
  }
}
