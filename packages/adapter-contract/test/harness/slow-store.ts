import { memoryStore, type Store } from '@tollgate/auth-core'

/**
 * A store as seen across a network: a value may be outdated when it arrives. Parallel requests all read before any of
 * them writes.
 */
export function slowStore(store: Store = memoryStore()): Store {
  return {
    ...store,
    async get(key) {
      const value = await store.get(key)
      await new Promise((resolve) => setTimeout(resolve, 20))
      return value
    },
  }
}
