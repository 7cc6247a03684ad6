import { unavailable } from '../../../oauth/oauth-error.js'
import type { Clock } from '../../../runtime/clock.js'
import type { Collection } from '../../records/collection.js'
import type { DocumentCopy } from '../../records/stored-records.js'
import { newerCopy, saysTheSame } from './newer-copy.js'

/** How often a copy is written if other processes write at the same moment, each time. */
const mostAttempts = 10

/**
 * The documents of the clients that users have allowed something, in the store: what one process has learned of a client is
 * known to all of them, and after a restart. A copy is replaced by a newer one only, and soon, where the two differ: a key
 * that the client has withdrawn must not come back from here.
 */
export class StoredDocuments {
  readonly #copies: Collection<DocumentCopy>
  readonly #grantLifetime: number
  readonly #now: Clock

  /** @param grantLifetime How long what a user allows a client may last, in seconds. */
  constructor(copies: Collection<DocumentCopy>, grantLifetime: number, now: Clock) {
    this.#copies = copies
    this.#grantLifetime = grantLifetime
    this.#now = now
  }

  /** `undefined` if no user has allowed the client anything. */
  async find(clientId: string): Promise<DocumentCopy | undefined> {
    return (await this.#copies.find(clientId))?.value
  }

  /** Keeps what is known for as long as what a user allows the client now may last. */
  async retain(clientId: string, known: DocumentCopy): Promise<void> {
    const now = this.#now()
    // For twice that time, so that it is written once in it.
    await this.#write(clientId, known, {
      least: now + this.#grantLifetime,
      otherwise: now + 2 * this.#grantLifetime,
    })
  }

  /** Notes what is known if users have allowed the client something, and for no longer than it was kept before. */
  async refreshStored(clientId: string, known: DocumentCopy): Promise<void> {
    await this.#write(clientId, known)
  }

  async #write(clientId: string, known: DocumentCopy, keptUntil?: KeptUntil): Promise<void> {
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      if (await this.#isWritten(clientId, known, keptUntil)) return
    }
    throw unavailable('store_contended')
  }

  /** Not if another process has written at the same moment: it may know less. */
  async #isWritten(clientId: string, known: DocumentCopy, keptUntil?: KeptUntil): Promise<boolean> {
    const stored = await this.#copies.find(clientId)
    if (stored === undefined) {
      return keptUntil === undefined || this.#copies.add(clientId, storable(known), keptUntil.otherwise)
    }
    const newest = newerCopy(known, stored.value, this.#now())
    const isKept = keptUntil === undefined || stored.expiresAt >= keptUntil.least
    if (isKept && saysTheSame(stored.value, newest)) return true
    const expiresAt = isKept ? stored.expiresAt : keptUntil.otherwise
    return this.#copies.replace(clientId, stored, storable(newest), expiresAt)
  }
}

/** When a copy may be forgotten, in seconds since the epoch. */
interface KeptUntil {
  readonly least: number
  /** If it would be forgotten before that. */
  readonly otherwise: number
}

/** Without what the client does not want to be kept. */
function storable(copy: DocumentCopy): DocumentCopy {
  const { document, etag, ...times } = copy
  return copy.mayKeep ? copy : times
}
