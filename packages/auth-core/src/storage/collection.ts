import type { Clock } from '../clock.js'
import { sha256 } from '../crypto.js'
import { unavailable } from '../oauth-error.js'
import type { Store } from './store.js'

/** A record as it was read: `stored` is what a replacement is compared with. */
export interface Stored<T> {
  readonly value: T
  readonly stored: string
}

/**
 * Records of one kind in a store. Keys are digests of their ids, so that neither a secret nor a client's own
 * text ever is a key; expiry is checked here, whatever the store does; a store that fails becomes a 503.
 */
export class Collection<T> {
  readonly #store: Store
  readonly #kind: string
  readonly #now: Clock

  constructor(store: Store, kind: string, now: Clock) {
    this.#store = store
    this.#kind = kind
    this.#now = now
  }

  async find(id: string): Promise<Stored<T> | undefined> {
    return this.#parse(await this.#call(id, (key) => this.#store.get(key)))
  }

  /** @param expiresAt Seconds since the epoch. */
  async save(id: string, value: T, expiresAt: number): Promise<void> {
    await this.#call(id, (key) => this.#store.set(key, serialize(value, expiresAt), this.#ttl(expiresAt)))
  }

  /** Saves a record unless there is one. Answers whether it was saved. */
  async add(id: string, value: T, expiresAt: number): Promise<boolean> {
    return this.#call(id, (key) => this.#store.add(key, serialize(value, expiresAt), this.#ttl(expiresAt)))
  }

  /** Replaces a record if nobody has changed it since it was read. Answers whether it was replaced. */
  async replace(id: string, before: Stored<T>, value: T, expiresAt: number): Promise<boolean> {
    return this.#call(id, (key) =>
      this.#store.compareAndSwap(key, before.stored, serialize(value, expiresAt), this.#ttl(expiresAt)),
    )
  }

  /** Removes a record and answers it, to one caller only. */
  async take(id: string): Promise<T | undefined> {
    return this.#parse(await this.#call(id, (key) => this.#store.take(key)))?.value
  }

  async delete(id: string): Promise<void> {
    await this.#call(id, (key) => this.#store.delete(key))
  }

  #ttl(expiresAt: number): number {
    return Math.max(1, Math.ceil(expiresAt - this.#now()))
  }

  #parse(stored: string | undefined): Stored<T> | undefined {
    if (stored === undefined) return undefined
    const { value, expiresAt } = JSON.parse(stored) as { value: T; expiresAt: number }
    return expiresAt > this.#now() ? { value, stored } : undefined
  }

  async #call<R>(id: string, operation: (key: string) => Promise<R>): Promise<R> {
    const key = `${this.#kind}:${await sha256(id)}`
    try {
      return await operation(key)
    } catch (cause) {
      throw unavailable('store_unavailable', cause)
    }
  }
}

function serialize(value: unknown, expiresAt: number): string {
  return JSON.stringify({ value, expiresAt })
}
