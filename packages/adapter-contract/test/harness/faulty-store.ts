import { type MemoryStoreOptions, memoryStore, type Store } from '@tollgate/auth-core'

export type Fault =
  /** The operation did not happen. */
  | 'lost-request'
  /** The operation happened, and its result was lost. */
  | 'lost-answer'

export interface FaultyStore extends Store {
  /** The number of operations since the last call of `failAt` or `heal`. */
  readonly operations: number
  /** The failed operations, each with its kind of record: `take consent`. */
  readonly failed: ReadonlySet<string>
  /** Fails at the n-th operation from now, counting from 1, and at no later one. */
  failAt(n: number, fault?: Fault): void
  /** Fails at the operations from now for which `faults` has an entry. */
  failWhere(faults: readonly (Fault | undefined)[]): void
  /** Loses the result of the next operation of a kind, and fails at every later one. */
  failFrom(kind: keyof Store): void
  /** Fails at every operation from now. */
  failAlways(): void
  heal(): void
}

/** The memory store with faults. */
export function faultyStore(options: MemoryStoreOptions = {}): FaultyStore {
  const store = memoryStore(options)
  const failed = new Set<string>()
  let operations = 0
  let faultOf: (operation: number, kind: keyof Store) => Fault | undefined = () => undefined

  function plan(next: typeof faultOf): void {
    operations = 0
    faultOf = next
  }

  function failing<Arguments extends unknown[], Result>(
    kind: keyof Store,
    operation: (key: string, ...args: Arguments) => Promise<Result>,
  ): (key: string, ...args: Arguments) => Promise<Result> {
    return async (key, ...args) => {
      operations += 1
      const fault = faultOf(operations, kind)
      if (fault !== undefined) failed.add(`${kind} ${key.split(':', 1)[0]}`)
      if (fault === 'lost-request') throw new Error('connect ECONNREFUSED, with secret details')
      const result = await operation(key, ...args)
      if (fault === 'lost-answer') throw new Error('read ETIMEDOUT, with secret details')
      return result
    }
  }

  return {
    get operations() {
      return operations
    },
    failed,
    failAt: (n, fault = 'lost-request') => plan((operation) => (operation === n ? fault : undefined)),
    failWhere: (faults) => plan((operation) => faults[operation - 1]),
    failFrom(kind) {
      let isGone = false
      plan((_operation, current) => {
        if (isGone) return 'lost-request'
        isGone = current === kind
        return isGone ? 'lost-answer' : undefined
      })
    },
    failAlways: () => plan(() => 'lost-request'),
    heal: () => plan(() => undefined),
    get: failing('get', store.get),
    set: failing('set', store.set),
    add: failing('add', store.add),
    compareAndSwap: failing('compareAndSwap', store.compareAndSwap),
    take: failing('take', store.take),
    delete: failing('delete', store.delete),
  }
}
