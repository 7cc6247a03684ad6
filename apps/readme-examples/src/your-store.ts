import { type MemoryStoreOptions, memoryStore, type Store } from '@tollgate/auth-core'

/** The place of a store for another database. */
export function yourStore({ now }: Pick<MemoryStoreOptions, 'now'> = {}): Store {
  return memoryStore({ now })
}
