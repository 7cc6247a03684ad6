import { memoryStore, type Store } from '@tollgate/auth-core'

/**
 * A store, as it looks across a network: what is read is old by the time that it arrives. Requests that
 * are sent at once all read before any of them writes.
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
