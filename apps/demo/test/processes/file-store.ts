import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Clock, Store } from '@tollgate/auth-core'

/**
 * A store in a file that is rewritten at each change. It suits one process that may be killed at any time. No operation
 * waits, so each is atomic.
 */
export function fileStore(path: string, now: Clock): Store {
  const entries = new Map<string, { value: string; expiresAt: number }>(
    existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : [],
  )

  function read(key: string): string | undefined {
    const entry = entries.get(key)
    return entry !== undefined && entry.expiresAt > now() ? entry.value : undefined
  }

  function write(key: string, value: string, ttl: number): void {
    entries.set(key, { value, expiresAt: now() + ttl })
    save()
  }

  function remove(key: string): void {
    if (entries.delete(key)) save()
  }

  /** Renaming is atomic, so the file is always complete. */
  function save(): void {
    writeFileSync(`${path}.new`, JSON.stringify([...entries]))
    renameSync(`${path}.new`, path)
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
      remove(key)
      return value
    },
    async delete(key) {
      remove(key)
    },
  }
}
