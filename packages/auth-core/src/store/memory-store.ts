import { checkedOptions, type OptionTable } from '../options/option-table.js'
import { anyFunction, withDefault } from '../options/rows.js'
import { type Clock, systemClock } from '../runtime/clock.js'
import { isProduction } from '../runtime/production.js'
import type { Store } from './store.js'

/** Options of `memoryStore`. */
export interface MemoryStoreOptions {
  /** The time in seconds since the epoch. */
  readonly now?: Clock | undefined
}

export function memoryStoreOptionTable() {
  return { now: withDefault(anyFunction(), systemClock) } satisfies OptionTable<MemoryStoreOptions>
}

/** Whether this process has printed the warning for production. */
let hasWarned = false

interface Entry {
  readonly value: string
  readonly expiresAt: number
}

/** How many entries each write checks for expiry. */
const sweepSteps = 2

/**
 * A store in the memory of this process: for development, tests, and servers that may lose all sign-ins on restart.
 *
 * Several processes must **not** use it: each has its own. Each write frees a few expired entries, so no request pays for a
 * scan. In production (`NODE_ENV`), the first one of a process prints a warning.
 *
 * @throws `TypeError` for wrong and unknown options.
 */
export function memoryStore(options: MemoryStoreOptions = {}): Store {
  const { now } = checkedOptions('memoryStore', options, memoryStoreOptionTable())
  if (!hasWarned && isProduction()) warnOfLoss()
  const entries = new Map<string, Entry>()
  let sweep = entries.entries()

  function read(key: string): string | undefined {
    const entry = entries.get(key)
    if (entry === undefined || entry.expiresAt > now()) return entry?.value
    entries.delete(key)
    return undefined
  }

  function write(key: string, value: string, ttl: number): void {
    for (let step = 0; step < sweepSteps; step += 1) freeOne()
    entries.set(key, { value, expiresAt: now() + ttl })
  }

  /** Checks the next entry of a walk over all entries, and frees it if it has expired. */
  function freeOne(): void {
    const { value: next, done } = sweep.next()
    if (done === true) sweep = entries.entries()
    else if (next[1].expiresAt <= now()) entries.delete(next[0])
  }

  return {
    async get(key) {
      return read(key)
    },
    async set(key, value, ttl) {
      write(key, value, ttl)
    },
    async add(key, value, ttl) {
      if (read(key) !== undefined) return false
      write(key, value, ttl)
      return true
    },
    async compareAndSwap(key, expected, value, ttl) {
      if (read(key) !== expected) return false
      write(key, value, ttl)
      return true
    },
    async take(key) {
      const value = read(key)
      entries.delete(key)
      return value
    },
    async delete(key) {
      entries.delete(key)
    },
  }
}

function warnOfLoss(): void {
  hasWarned = true
  console.warn(
    '[tollgate] memoryStore in production: a restart signs everybody out, and processes share nothing. ' +
      'Use a Store over a database: get, set, add, compareAndSwap, take and delete.',
  )
}
