import { type MemoryStoreOptions, memoryStore, type Store } from '@tollgate/auth-core'

/** Stands for the reader's own store. */
export function yourStore({ now }: Pick<MemoryStoreOptions, 'now'> = {}): Store {
  return memoryStore({ now })
}
