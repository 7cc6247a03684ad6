import { type OptionNames, refuseUnknownOptions } from '../options/unknown-options.js'
import { type Clock, systemClock } from '../runtime/clock.js'
import { isProduction } from '../runtime/production.js'
import type { Store } from './store.js'

export interface MemoryStoreOptions {
  readonly now?: Clock | undefined
}

const optionNames = { now: true } as const satisfies OptionNames<MemoryStoreOptions>

/** Whether this process was told that its memory is a poor place for what must last. */
let isTold = false

interface Entry {
  readonly value: string
  readonly expiresAt: number
}

/** How many entries one write looks at in search of expired ones. */
const sweepSteps = 2

/**
 * Keeps everything in the memory of this process: for development, tests, and servers that may forget all logins
 * at a restart. Never for several processes behind one address.
 *
 * Expired entries are freed a few at each write, so that no request pays for a scan. In production (`NODE_ENV`), the first
 * one of a process prints a warning.
 */
export function memoryStore(options: MemoryStoreOptions = {}): Store {
  refuseUnknownOptions('memoryStore', options, optionNames)
  const { now = systemClock } = options
  if (!isTold && isProduction()) warnOfForgetting()
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

  /** Looks at the next entry in a walk over all of them, and frees it if it has expired. */
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

function warnOfForgetting(): void {
  isTold = true
  console.warn(
    '[tollgate] memoryStore in production: a restart signs everybody out, and other processes know nothing of it. ' +
      'Use a Store over a database: get, set, add, compareAndSwap, take and delete.',
  )
}
