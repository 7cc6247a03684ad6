import { unavailable } from '../../../oauth/oauth-error.js'
import type { Clock } from '../../../runtime/clock.js'
import type { Collection } from '../../records/collection.js'
import type { DocumentCopy } from '../../records/stored-records.js'
import { isSameContent, newerCopy } from './newer-copy.js'

/** How often a write is tried while other processes write the same copy. */
const mostAttempts = 10

/**
 * The documents of approved clients in the store: all processes know what one of them has fetched, even after a restart.
 * Only a newer copy replaces a stored one, and it does so at once if they differ: a removed key must not return from here.
 */
export class StoredDocuments {
  readonly #copies: Collection<DocumentCopy>
  readonly #grantLifetime: number
  readonly #now: Clock

  /** @param grantLifetime The longest lifetime of what a user approves, in seconds. */
  constructor(copies: Collection<DocumentCopy>, grantLifetime: number, now: Clock) {
    this.#copies = copies
    this.#grantLifetime = grantLifetime
    this.#now = now
  }

  /** Resolves to `undefined` if no user has approved the client. */
  async find(clientId: string): Promise<DocumentCopy | undefined> {
    return (await this.#copies.find(clientId))?.value
  }

  /** Stores a copy for as long as what a user approves now can last. */
  async retain(clientId: string, known: DocumentCopy): Promise<void> {
    const now = this.#now()
    // Twice as long, so that it is written once in that time.
    await this.#write(clientId, known, {
      least: now + this.#grantLifetime,
      otherwise: now + 2 * this.#grantLifetime,
    })
  }

  /** Replaces the copy of an approved client, and leaves its expiry as it is. */
  async refreshStored(clientId: string, known: DocumentCopy): Promise<void> {
    await this.#write(clientId, known)
  }

  async #write(clientId: string, known: DocumentCopy, expiry?: CopyExpiry): Promise<void> {
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      if (await this.#isWritten(clientId, known, expiry)) return
    }
    throw unavailable('store_contended')
  }

  /** Resolves to `false` if another process has written in the meantime: its copy may be older. */
  async #isWritten(clientId: string, known: DocumentCopy, expiry?: CopyExpiry): Promise<boolean> {
    const stored = await this.#copies.find(clientId)
    if (stored === undefined) {
      return expiry === undefined || this.#copies.add(clientId, storable(known), expiry.otherwise)
    }
    const newest = newerCopy(known, stored.value, this.#now())
    const lastsEnough = expiry === undefined || stored.expiresAt >= expiry.least
    if (lastsEnough && isSameContent(stored.value, newest)) return true
    const expiresAt = lastsEnough ? stored.expiresAt : expiry.otherwise
    return this.#copies.replace(clientId, stored, storable(newest), expiresAt)
  }
}

/** When a copy expires, in seconds since the epoch. */
interface CopyExpiry {
  readonly least: number
  /** If it would expire earlier than `least`. */
  readonly otherwise: number
}

/** Without the document, if the client said `no-store`. */
function storable(copy: DocumentCopy): DocumentCopy {
  const { document, etag, ...times } = copy
  return copy.mayKeep ? copy : times
}
