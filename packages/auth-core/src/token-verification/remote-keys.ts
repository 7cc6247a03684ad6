import type { JSONWebKeySet } from 'jose'
import type { Clock } from '../clock.js'
import type { EventListener } from '../events.js'
import { unavailable } from '../oauth-error.js'
import type { JwtHeader, KeySource } from './jwt.js'
import { isUsableKey, keySet } from './keys.js'

/** From this age on keys are fetched again, while requests go on with those that are there, in seconds. */
const refreshAge = 300
/** How long fetched keys are used without an answer from their source, in seconds. */
export const maxAge = 600
/** How long keys outlive `maxAge` while their source is down, in seconds. */
const staleIfError = 24 * 3600
/** The shortest time between two fetches, so that made-up key ids do not become traffic, in seconds. */
const cooldown = 30
/** The same after a failure with no keys at all: every request is refused until it succeeds. */
const cooldownWithoutKeys = 5

/** Keys that are fetched: in single flight, kept for a while, and kept longer while their source is down. */
export class RemoteKeys implements KeySource {
  readonly #fetchKeys: () => Promise<JSONWebKeySet>
  readonly #now: Clock
  readonly #emit: EventListener
  readonly #onKeyGone: () => void
  #keys: { readonly source: KeySource; readonly jwks: JSONWebKeySet; readonly fetchedAt: number } | undefined
  #attempt: { readonly at: number; readonly failed: boolean } | undefined
  #pending: Promise<void> | undefined

  /** @param onKeyGone Called when the issuer has withdrawn a key: what it signed is not good any more. */
  constructor(
    fetchKeys: () => Promise<JSONWebKeySet>,
    now: Clock,
    emit: EventListener,
    onKeyGone: () => void = () => {},
  ) {
    this.#fetchKeys = fetchKeys
    this.#now = now
    this.#emit = emit
    this.#onKeyGone = onKeyGone
  }

  async find(header: JwtHeader): ReturnType<KeySource['find']> {
    // Requests wait for new keys only if those that are there are too old, and their source has not just failed.
    const refreshed = this.#age() > refreshAge ? this.refresh() : undefined
    if (this.#age() > maxAge && !(this.#attempt?.failed === true && this.#keys !== undefined)) await refreshed
    if (this.#keys === undefined || this.#age() > maxAge + staleIfError) throw unavailable('keys_unavailable')

    const found = await this.#keys.source.find(header)
    if (found.length > 0) return found

    // The key may be newer than what is known.
    await this.refresh()
    const foundNow = await this.#keys.source.find(header)
    if (foundNow.length === 0 && this.#attempt?.failed === true) throw unavailable('keys_unavailable')
    return foundNow
  }

  /** Fetches the keys, unless that was tried a moment ago. Never rejects: what is known stays in use. */
  async refresh(): Promise<void> {
    const pause = this.#keys === undefined ? cooldownWithoutKeys : cooldown
    if (this.#pending === undefined && this.#attempt !== undefined && this.#now() - this.#attempt.at < pause)
      return
    this.#pending ??= this.#fetch().finally(() => {
      this.#pending = undefined
    })
    await this.#pending
  }

  async #fetch(): Promise<void> {
    try {
      const jwks = await this.#fetchKeys()
      // An issuer without a key is one that is being repaired: its tokens are not bad for that.
      if (!jwks.keys.some(isUsableKey)) throw new Error('the JWKS document has no usable key')
      if (this.#keys !== undefined && hasLostKey(this.#keys.jwks, jwks)) this.#onKeyGone()
      this.#keys = { source: keySet(jwks), jwks, fetchedAt: this.#now() }
      this.#attempt = { at: this.#now(), failed: false }
    } catch (cause) {
      this.#attempt = { at: this.#now(), failed: true }
      this.#emit({ type: 'source.unavailable', source: 'jwks', cause })
    }
  }

  #age(): number {
    return this.#keys === undefined ? Number.POSITIVE_INFINITY : this.#now() - this.#keys.fetchedAt
  }
}

function hasLostKey(before: JSONWebKeySet, after: JSONWebKeySet): boolean {
  const kept = new Set(after.keys.map((key) => JSON.stringify(key)))
  return before.keys.some((key) => !kept.has(JSON.stringify(key)))
}
