import type { JSONWebKeySet } from 'jose'
import { type Clock, isDuring, secondsBetween } from '../clock.js'
import type { EventListener } from '../events.js'
import { type OAuthError, unavailable } from '../oauth-error.js'
import type { JwtHeader, KeySource } from './jws.js'
import { isUsableKey, keySet } from './keys.js'

/** From this age on keys are fetched again, while requests go on with those that are there, in seconds. */
const refreshAge = 300
/** How long fetched keys are used without an answer from their source, in seconds. */
export const maxAge = 600
/** How long keys outlive `maxAge` while their source is down, in seconds. */
const staleIfError = 24 * 3600
/** The shortest time between two fetches for the sake of unknown key ids, which anybody can make up, in seconds. */
const unknownKeyCooldown = 30
/** The shortest time between two fetches while the source is down, in seconds. */
const failureCooldown = 30
/** The same with no keys that may still be used: every request is refused until one succeeds. */
const failureCooldownWithoutKeys = 5

/** Keys that are fetched: in single flight, kept for a while, and kept longer while their source is down. */
export class RemoteKeys implements KeySource {
  readonly #fetchKeys: () => Promise<JSONWebKeySet>
  readonly #now: Clock
  readonly #emit: EventListener
  readonly #onKeyGone: () => void
  #keys: { readonly source: KeySource; readonly jwks: JSONWebKeySet; readonly fetchedAt: number } | undefined
  /** Of the last fetch, if it failed. */
  #failure: { readonly at: number; readonly cause: unknown } | undefined
  /** When an unknown key id last had the keys fetched. */
  #unknownKeyAt: number | undefined
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

  async ready(): Promise<void> {
    if (!this.#hasUsableKeys()) await this.#refresh()
    if (!this.#hasUsableKeys()) throw this.#outage()
  }

  async find(header: JwtHeader): ReturnType<KeySource['find']> {
    const refreshed = this.#age() > refreshAge ? this.#refresh() : undefined
    // Requests wait for new keys only if those that are there are too old, and their source has not just failed.
    const mustWait = this.#age() > maxAge && (this.#failure === undefined || !this.#hasUsableKeys())
    if (mustWait) await refreshed
    const found = await this.#findKnown(header)
    if (found.length > 0) return found

    // The key may be newer than what is known, unless that has just been fetched for this very token.
    if (!mustWait) await this.#refreshForUnknownKey()
    const foundNow = await this.#findKnown(header)
    if (foundNow.length === 0 && this.#failure !== undefined) throw this.#outage()
    return foundNow
  }

  /** As long as the keys themselves: a withdrawn one must not live on in what it signed. A moment, if they are stale. */
  trustedUntil(): number {
    const age = this.#age()
    return this.#now() + (age < maxAge ? maxAge - age : failureCooldown)
  }

  /** @throws if there are no keys that may still be used. */
  #findKnown(header: JwtHeader): ReturnType<KeySource['find']> {
    if (this.#keys === undefined || !this.#hasUsableKeys()) throw this.#outage()
    return this.#keys.source.find(header)
  }

  /**
   * At once, so that an issuer which signs with a new key before anybody could know it costs nobody a refusal; and then
   * not again for a while, so that made-up key ids do not become traffic.
   */
  #refreshForUnknownKey(): Promise<void> | undefined {
    if (this.#pending !== undefined) return this.#pending
    if (this.#isWithin(unknownKeyCooldown, this.#unknownKeyAt)) return undefined
    const refreshed = this.#refresh()
    if (refreshed !== undefined) this.#unknownKeyAt = this.#now()
    return refreshed
  }

  /** Fetches the keys, unless that failed a moment ago. Never rejects: what is known stays in use. */
  #refresh(): Promise<void> | undefined {
    const pause = this.#hasUsableKeys() ? failureCooldown : failureCooldownWithoutKeys
    if (this.#pending === undefined && this.#isWithin(pause, this.#failure?.at)) return undefined
    this.#pending ??= this.#fetch().finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }

  async #fetch(): Promise<void> {
    try {
      const jwks = await this.#fetchKeys()
      // An issuer without a key is one that is being repaired: its tokens are not bad for that.
      if (!jwks.keys.some(isUsableKey)) throw new Error('the JWKS document has no usable key')
      if (this.#keys !== undefined && hasLostKey(this.#keys.jwks, jwks)) this.#onKeyGone()
      this.#keys = { source: keySet(jwks), jwks, fetchedAt: this.#now() }
      this.#failure = undefined
    } catch (cause) {
      this.#failure = { at: this.#now(), cause }
      this.#emit({ type: 'source.unavailable', source: 'jwks', cause })
    }
  }

  #outage(): OAuthError {
    return unavailable('keys_unavailable', this.#failure?.cause)
  }

  #isWithin(seconds: number, since: number | undefined): boolean {
    return since !== undefined && isDuring(this.#now(), since, since + seconds)
  }

  #hasUsableKeys(): boolean {
    return this.#age() <= maxAge + staleIfError
  }

  #age(): number {
    return this.#keys === undefined
      ? Number.POSITIVE_INFINITY
      : secondsBetween(this.#now(), this.#keys.fetchedAt)
  }
}

function hasLostKey(before: JSONWebKeySet, after: JSONWebKeySet): boolean {
  const kept = new Set(after.keys.map((key) => JSON.stringify(key)))
  return before.keys.some((key) => !kept.has(JSON.stringify(key)))
}
