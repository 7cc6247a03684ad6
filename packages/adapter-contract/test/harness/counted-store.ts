import { type Clock, memoryStore, type Store } from '@tollgate/auth-core'
import { vi } from 'vitest'

export interface CountedStore extends Store {
  /** The number of entries, including expired ones that are not removed yet. */
  readonly size: () => number
  /** The number of entries read so far. */
  readonly looks: () => number
}

/** The memory store with access to its map. */
export function countedStore(now: Clock): CountedStore {
  const maps: CountingMap[] = []
  let looks = 0

  class CountingMap extends Map<string, unknown> {
    constructor() {
      super()
      maps.push(this)
    }
    override get(key: string) {
      looks += 1
      return super.get(key)
    }
    override has(key: string) {
      looks += 1
      return super.has(key)
    }
    override set(key: string, value: unknown) {
      looks += 1
      return super.set(key, value)
    }
    override delete(key: string) {
      looks += 1
      return super.delete(key)
    }
    override entries() {
      return counted(super.entries())
    }
    override keys() {
      return counted(super.keys())
    }
    override values() {
      return counted(super.values())
    }
    override [Symbol.iterator]() {
      return this.entries()
    }
    override forEach(visit: (value: unknown, key: string, map: Map<string, unknown>) => void) {
      for (const [key, value] of this) visit(value, key, this)
    }
  }

  function counted<T>(iterator: MapIterator<T>): MapIterator<T> {
    const next = iterator.next.bind(iterator)
    iterator.next = () => {
      looks += 1
      return next()
    }
    return iterator
  }

  vi.stubGlobal('Map', CountingMap)
  const store = memoryStore({ now })
  vi.unstubAllGlobals()
  const [map, ...others] = maps
  if (map === undefined || others.length > 0) throw new Error('The memory store is no longer a single map.')
  return { ...store, size: () => map.size, looks: () => looks }
}
