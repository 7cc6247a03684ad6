import type { EventListener } from '../../events/auth-event.js'
import { noListener } from '../../events/listener.js'
import { type OAuthError, unavailable } from '../../oauth/oauth-error.js'
import type { Clock } from '../../runtime/clock.js'
import { randomToken, sha256 } from '../../runtime/crypto.js'
import type { Store } from '../../store/store.js'

/** A record as it was read: `stored` is what a replacement is compared with. */
export interface Stored<T> {
  readonly value: T
  readonly stored: string
  /** Seconds since the epoch. */
  readonly expiresAt: number
}

/** Where the records of one kind are. */
export interface CollectionPlace {
  readonly store: Store
  /** Whose records these are: servers that share a store do not share records. */
  readonly owner: string
  readonly kind: string
  /** Told of every failure of the store. */
  readonly emit?: EventListener | undefined
}

/**
 * Records of one kind in a store. Keys are digests of their ids, so that neither a secret nor a client's own
 * text ever is a key; expiry is checked here, whatever the store does; a store that fails becomes a 503.
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

  /** In one step, without `#call`: nothing else is done so often. */
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

  /** Saves a record unless there is one. Answers whether it was saved: to one caller, whatever the others save. */
  async add(id: string, value: T, expiresAt: number): Promise<boolean> {
    // With something random, so that what this call has written is told from what another one has.
    const text = serialize(value, expiresAt, randomToken(16))
    const ttl = this.#ttl(expiresAt)
    return this.#call(id, (key) =>
      this.#hasWritten(key, text, async () => {
        if (await this.#store.add(key, text, ttl)) return true
        // A store may forget late: one that has expired does not count.
        const before = await this.#read(key)
        if (before === undefined || before.expiresAt > this.#now()) return false
        return this.#store.compareAndSwap(key, before.stored, text, ttl)
      }),
    )
  }

  /**
   * Replaces a record if nobody has changed it since it was read. Answers whether it was replaced. Give each call a value
   * of its own where it matters who was first.
   */
  async replace(id: string, before: Stored<T>, value: T, expiresAt: number): Promise<boolean> {
    const text = serialize(value, expiresAt)
    return this.#call(id, (key) =>
      this.#hasWritten(key, text, () =>
        this.#store.compareAndSwap(key, before.stored, text, this.#ttl(expiresAt)),
      ),
    )
  }

  /** Removes a record and answers it, to one caller only. */
  async take(id: string): Promise<T | undefined> {
    const taken = await this.#call(id, async (key) => parse<T>(await this.#store.take(key)))
    return taken !== undefined && taken.expiresAt > this.#now() ? taken.value : undefined
  }

  async delete(id: string): Promise<void> {
    await this.#call(id, (key) => this.#store.delete(key))
  }

  /** What another record may remember of an id: enough to delete what it names, and not to find out the id. */
  async reference(id: string): Promise<string> {
    return this.#digest(id)
  }

  async deleteReferenced(reference: string): Promise<void> {
    await this.#callAt(this.#key(reference), (key) => this.#store.delete(key))
  }

  /** Writes what nobody else writes. Answers whether it is there: perhaps only the store's answer was lost. */
  async #hasWritten(key: string, text: string, write: () => Promise<boolean>): Promise<boolean> {
    try {
      if (await write()) return true
      // A driver that has lost the answer may have asked again, and found what it had written.
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

/** Called outside of `#call`: a value that is not JSON is a mistake, not an outage. */
function serialize(value: unknown, expiresAt: number, by?: string): string {
  return JSON.stringify({ value, expiresAt, by })
}

/** Some drivers say `null` for nothing. The parser's own error would quote the record, which may be a key. */
function parse<T>(stored: string | null | undefined): Stored<T> | undefined {
  if (stored === undefined || stored === null) return undefined
  try {
    const { value, expiresAt } = JSON.parse(stored) as { value: T; expiresAt: number }
    return { value, expiresAt, stored }
  } catch {
    throw new Error('the store answered a record that is not one')
  }
}
