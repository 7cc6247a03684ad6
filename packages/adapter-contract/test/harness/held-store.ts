import { type MemoryStoreOptions, memoryStore, type Store } from '@tollgate/auth-core'

export interface HeldStore extends Store {
  /** Holds the n-th operation from now, counting from 1. `reached` resolves when it starts. */
  holdAt(n: number): { readonly reached: Promise<void>; readonly release: () => void }
}

/** The memory store with one operation that waits for others. */
export function heldStore(options: MemoryStoreOptions = {}): HeldStore {
  const store = memoryStore(options)
  let left = 0
  let hold = async (): Promise<void> => {}

  function holding<Arguments extends unknown[], Result>(
    operation: (...args: Arguments) => Promise<Result>,
  ): (...args: Arguments) => Promise<Result> {
    return async (...args) => {
      left -= 1
      if (left === 0) await hold()
      return operation(...args)
    }
  }

  return {
    holdAt(n) {
      let release = () => {}
      const released = new Promise<void>((resolve) => {
        release = resolve
      })
      left = n
      const reached = new Promise<void>((resolve) => {
        hold = () => {
          resolve()
          return released
        }
      })
      return { reached, release }
    },
    get: holding(store.get),
    set: holding(store.set),
    add: holding(store.add),
    compareAndSwap: holding(store.compareAndSwap),
    take: holding(store.take),
    delete: holding(store.delete),
  }
}
