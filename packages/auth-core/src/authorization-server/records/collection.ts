import type { EventListener } from '../../events/auth-event.js'
import { noListener } from '../../events/listener.js'
import { type OAuthError, unavailable } from '../../oauth/oauth-error.js'
import type { Clock } from '../../runtime/clock.js'
import { randomToken, sha256 } from '../../runtime/crypto.js'
import type { Store } from '../../store/store.js'

/** A record as it was read. A replacement is compared with `stored`. */
export interface Stored<T> {
  readonly value: T
  readonly stored: string
  /** Seconds since the epoch. */
  readonly expiresAt: number
}

/** Where the records of one kind are stored. */
export interface CollectionPlace {
  readonly store: Store
  /** The server that owns the records: servers that share a store do not share records. */
  readonly owner: string
  readonly kind: string
  /** Receives an event for each failure of the store. */
  readonly emit?: EventListener | undefined
}

/**
 * Records of one kind in a store. Keys are digests of IDs, so that no secret and no text of a client is ever a key. Expiry
 * is checked here, whatever the store does. A failure of the store becomes a 503.
 */
export class Collection<T> {
  readonly #store: Store
  readonly #owner: string
  readonly #kind: string
  readonly #emit: EventListener
  readonly #now: Clock

  constructor({ store, owner, kind, emit = noListener }: CollectionPlace, now: Clock) {
    this.#store = store
    this.#owner = owner
    this.#kind = kind
    this.#emit = emit
    this.#now = now
  }

  /** Reads a record. Does not use `#call`, because this is the hot path. */
  async find(id: string): Promise<Stored<T> | undefined> {
    const digest = this.#digest(id)
    const key = this.#key(typeof digest === 'string' ? digest : await digest)
    try {
      const found = parse<T>(await this.#store.get(key))
      return found !== undefined && found.expiresAt > this.#now() ? found : undefined
    } catch (cause) {
      throw this.#failure(cause)
    }
  }

  /** @param expiresAt Seconds since the epoch. */
  async save(id: string, value: T, expiresAt: number): Promise<void> {
    const text = serialize(value, expiresAt)
    await this.#call(id, (key) => this.#store.set(key, text, this.#ttl(expiresAt)))
  }

  /** Saves a record unless there is one. Resolves to `true` for one caller only. */
  async add(id: string, value: T, expiresAt: number): Promise<boolean> {
    // With a random value, to recognize what this call has written.
    const text = serialize(value, expiresAt, randomToken(16))
    const ttl = this.#ttl(expiresAt)
    return this.#call(id, (key) =>
      this.#hasWritten(key, text, async () => {
        if (await this.#store.add(key, text, ttl)) return true
        // Stores may delete late: an expired record does not count.
        const before = await this.#read(key)
        if (before === undefined || before.expiresAt > this.#now()) return false
        return this.#store.compareAndSwap(key, before.stored, text, ttl)
      }),
    )
  }

  /**
   * Replaces a record if it has not changed since it was read. Resolves to whether it was replaced. Pass a unique value
   * where it matters which caller was first.
   */
  async replace(id: string, before: Stored<T>, value: T, expiresAt: number): Promise<boolean> {
    const text = serialize(value, expiresAt)
    return this.#call(id, (key) =>
      this.#hasWritten(key, text, () =>
        this.#store.compareAndSwap(key, before.stored, text, this.#ttl(expiresAt)),
      ),
    )
  }

  /** Removes a record and resolves to it, for one caller only. */
  async take(id: string): Promise<T | undefined> {
    const taken = await this.#call(id, async (key) => parse<T>(await this.#store.take(key)))
    return taken !== undefined && taken.expiresAt > this.#now() ? taken.value : undefined
  }

  async delete(id: string): Promise<void> {
    await this.#call(id, (key) => this.#store.delete(key))
  }

  /** A reference that another record may store: enough to delete the record, and not enough to learn its ID. */
  async reference(id: string): Promise<string> {
    return this.#digest(id)
  }

  async deleteReferenced(reference: string): Promise<void> {
    await this.#callAt(this.#key(reference), (key) => this.#store.delete(key))
  }

  /** Writes a unique text. Resolves to whether it is stored: after an error, only the store's response may be lost. */
  async #hasWritten(key: string, text: string, write: () => Promise<boolean>): Promise<boolean> {
    try {
      if (await write()) return true
      // A driver may have retried after a lost response, and found its own write.
      return (await this.#read(key))?.stored === text
    } catch (error) {
      if ((await this.#read(key))?.stored === text) return true
      throw error
    }
  }

  async #read(key: string): Promise<Stored<T> | undefined> {
    return parse<T>(await this.#store.get(key))
  }

  #ttl(expiresAt: number): number {
    return Math.max(1, Math.ceil(expiresAt - this.#now()))
  }

  async #call<R>(id: string, operation: (key: string) => Promise<R>): Promise<R> {
    return this.#callAt(this.#key(await this.#digest(id)), operation)
  }

  async #callAt<R>(key: string, operation: (key: string) => Promise<R>): Promise<R> {
    try {
      return await operation(key)
    } catch (cause) {
      throw this.#failure(cause)
    }
  }

  #digest(id: string): string | Promise<string> {
    return sha256(`${this.#owner} ${id}`)
  }

  #key(digest: string): string {
    return `${this.#kind}:${digest}`
  }

  #failure(cause: unknown): OAuthError {
    this.#emit({ type: 'source.unavailable', source: 'store', cause })
    return unavailable('store_unavailable', cause)
  }
}

/** Called outside of `#call`: a value that is not JSON is a bug, not an outage. */
function serialize(value: unknown, expiresAt: number, by?: string): string {
  return JSON.stringify({ value, expiresAt, by })
}

/** Some drivers return `null` for no record. The parser's error is not used: it quotes the record, which may be a key. */
function parse<T>(stored: string | null | undefined): Stored<T> | undefined {
  if (stored === undefined || stored === null) return undefined
  try {
    const { value, expiresAt } = JSON.parse(stored) as { value: T; expiresAt: number }
    return { value, expiresAt, stored }
  } catch {
    throw new Error('the store returned an invalid record')
  }
}
