import type { JSONWebKeySet } from 'jose'
import { exportJWK } from 'jose/key/export'
import { generateKeyPair } from 'jose/key/generate/keypair'
import type { EventListener } from '../../events/auth-event.js'
import { unavailable } from '../../oauth/oauth-error.js'
import { type Clock, isDuring } from '../../runtime/clock.js'
import { SingleFlight } from '../../runtime/single-flight.js'
import type { JwtHeader, KeySource } from '../../token-verification/jwt/jws.js'
import { keySet } from '../../token-verification/keys/key-set.js'
import type { Collection, Stored } from '../records/collection.js'
import type { KeyRing, RingKey } from '../records/stored-records.js'
import { needsNextKey, publishedAt, type RotationTimes, signingKeyAt, tidied } from './key-ring.js'
import { publicKeyOf } from './published-key.js'
import { localSigningKey, type SigningKey, type SigningKeys } from './signing-key.js'

/** The ID of the ring, the same in all processes of a server. */
const ringId = 'ring'

/** Ten years: a server that is idle for longer makes new keys. */
const ringLifetime = 10 * 365 * 24 * 3600

/** How often a change is tried if other processes are faster. */
const attempts = 5

export interface StoredSigningKeysOptions {
  readonly collection: Collection<KeyRing>
  readonly algorithm: string
  readonly times: RotationTimes
  /** Seconds after which the ring is read again. */
  readonly rereadAfter: number
  /** Called when a key was removed: its tokens are no longer valid. */
  readonly onKeyGone: () => void
  readonly now: Clock
  readonly emit: EventListener
}

/** A ring as it was read, with its documents. */
interface OpenRing {
  readonly ring: KeyRing
  readonly readAt: number
  readonly jwks: JSONWebKeySet
  readonly verification: KeySource
}

/**
 * Signing keys that the server makes and stores. Processes that share the store share the keys, and a restart does not lose
 * them.
 *
 * There is no timer: a process that reads the ring also makes the changes that are due, and compare-and-swap lets one process
 * make them. An idle server rotates late, but always publishes a key before it signs.
 */
export class StoredSigningKeys implements SigningKeys {
  readonly #options: StoredSigningKeysOptions
  #open: OpenRing | undefined
  readonly #reading = new SingleFlight<OpenRing>()
  /** The imported key that signed last. */
  #signing: { readonly kid: string; readonly key: SigningKey } | undefined
  /** How often this process has replaced the keys. */
  #rotations = 0

  constructor(options: StoredSigningKeysOptions) {
    this.#options = options
  }

  async current(): Promise<SigningKey> {
    const { ring } = await this.#ring()
    const found = signingKeyAt(ring, this.#options.now())
    if (found?.privateKey === undefined) throw unavailable('no_signing_key')
    const { kid } = found.publicKey
    if (this.#signing?.kid === kid) return this.#signing.key
    const key = await localSigningKey({ ...found.privateKey, kid, alg: found.publicKey.alg })
    this.#signing = { kid, key }
    return key
  }

  async jwks(): Promise<JSONWebKeySet> {
    return (await this.#ring()).jwks
  }

  async find(header: JwtHeader): ReturnType<KeySource['find']> {
    const { verification, readAt } = await this.#ring()
    const found = await verification.find(header)
    // Another process may have just replaced the keys. Made-up key IDs cause one read a second at most.
    if (found.length > 0 || readAt >= this.#options.now()) return found
    return (await this.#reread()).verification.find(header)
  }

  async rotate(): Promise<void> {
    const { collection, now, emit } = this.#options
    const next = await this.#newKey(now())
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const found = await collection.find(ringId)
      if (!(await this.#write(found, [next]))) continue
      this.#rotations += 1
      this.#replaceOpen([next], now())
      for (const { publicKey } of found?.value ?? []) emit({ type: 'key.withdrawn', kid: publicKey.kid })
      this.#emitAdded(next)
      return
    }
    throw unavailable('keys_contended')
  }

  async #ring(): Promise<OpenRing> {
    const { now, rereadAfter } = this.#options
    const open = this.#open
    return open !== undefined && isDuring(now(), open.readAt, open.readAt + rereadAfter)
      ? open
      : this.#reread()
  }

  #reread(): Promise<OpenRing> {
    return this.#reading.run(() => this.#read())
  }

  async #read(): Promise<OpenRing> {
    const rotations = this.#rotations
    const readAt = this.#options.now()
    const ring = await this.#readRing()
    // This process has replaced the keys in the meantime: its ring is newer.
    if (this.#open !== undefined && rotations !== this.#rotations) return this.#open
    return this.#replaceOpen(ring, readAt)
  }

  /** Reads the ring and makes the changes that are due. */
  async #readRing(): Promise<KeyRing> {
    const { collection, now, times, algorithm } = this.#options
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const found = await collection.find(ringId)
      const before = found?.value ?? []
      const kept = tidied(before, now(), times)
      // The first key signs immediately: nobody can have cached a document without it.
      const next = needsNextKey(before, now(), times, algorithm)
        ? await this.#newKey(before.length === 0 ? now() : now() + times.lead)
        : undefined
      const isTidy = kept.length === before.length && kept.every((key, index) => key === before[index])
      if (next === undefined && isTidy) return before
      const ring = next === undefined ? kept : [...kept, next]
      if (!(await this.#write(found, ring))) continue
      if (next !== undefined) this.#emitAdded(next)
      return ring
    }
    throw unavailable('keys_contended')
  }

  #write(found: Stored<KeyRing> | undefined, ring: KeyRing): Promise<boolean> {
    const { collection, now } = this.#options
    const expiresAt = now() + ringLifetime
    return found === undefined
      ? collection.add(ringId, ring, expiresAt)
      : collection.replace(ringId, found, ring, expiresAt)
  }

  #replaceOpen(ring: KeyRing, readAt: number): OpenRing {
    const { now, times, onKeyGone } = this.#options
    const before = this.#open?.jwks.keys ?? []
    const keys = publishedAt(ring, now(), times).map(({ publicKey }) => publicKey)
    this.#open = { ring, readAt, jwks: { keys }, verification: keySet({ keys }) }
    if (before.some(({ kid }) => !keys.some((key) => key.kid === kid))) {
      this.#signing = undefined
      onKeyGone()
    }
    return this.#open
  }

  async #newKey(signsFrom: number): Promise<RingKey> {
    const { algorithm: alg } = this.#options
    const pair = await generateKeyPair(alg, { extractable: true })
    const privateKey = { ...(await exportJWK(pair.privateKey)), alg }
    return { publicKey: await publicKeyOf(privateKey), privateKey, signsFrom }
  }

  #emitAdded({ publicKey, signsFrom }: RingKey): void {
    const { kid, alg } = publicKey
    this.#options.emit({ type: 'key.added', kid, alg, signsFrom })
  }
}
