import type { JSONWebKeySet, JWK } from 'jose'
import type { EventListener } from '../../events/auth-event.js'
import { noListener } from '../../events/listener.js'
import { type OAuthError, unavailable } from '../../oauth/oauth-error.js'
import { NotFound } from '../../outbound/not-found.js'
import { type NoCopy, staleFor, whyNoCopy } from '../../outbound/staleness.js'
import { type Clock, isDuring, secondsBetween } from '../../runtime/clock.js'
import { SingleFlight } from '../../runtime/single-flight.js'
import type { JwtHeader, KeySource, VerificationKey } from '../jwt/jws.js'
import { KeyLookups } from './key-lookups.js'
import { isUsableKey, keySet } from './key-set.js'

/** Seconds after which keys are fetched again in the background. */
const refreshAge = 300
/** Seconds for which fetched keys are used without another response from their source. */
export const maxAge = staleFor.notAsked
/** The shortest time between two fetches for unknown key IDs, which anybody can make up, in seconds. */
const unknownKeyCooldown = 30
/** The shortest time between two fetches while the source is down, in seconds. */
const failureCooldown = 30
/** The same without usable keys: every request is refused until a fetch succeeds. */
const failureCooldownWithoutKeys = 5

/**
 * Remote keys: fetched in single flight, cached, and used for longer while their source is down.
 *
 * A source that responds without keys may have withdrawn them, so the previous ones count for ten minutes more, even if it
 * is down afterwards. A fetch that was skipped because of the local limit extends nothing. Otherwise other callers could
 * keep a withdrawn key alive.
 */
export class RemoteKeys implements KeySource {
  readonly #fetchKeys: () => Promise<JSONWebKeySet>
  readonly #now: Clock
  readonly #onKeyRemoved: () => void
  #keys: { readonly source: KeySource; readonly jwks: JSONWebKeySet; readonly fetchedAt: number } | undefined
  /** Of the last fetch, if it failed. */
  #failure: Failure | undefined
  readonly #flight = new SingleFlight<void>()
  readonly #lookups = new KeyLookups()
  /** When an unknown key ID last caused a fetch and began a cooldown. */
  #unknownKeyAt: number | undefined
  /** Whether the one extra fetch within the cooldown is used up. */
  #hasFetchedAgain = false

  /** @param onKeyRemoved Called when the issuer has removed a key: its tokens are no longer valid. */
  constructor(fetchKeys: () => Promise<JSONWebKeySet>, now: Clock, onKeyRemoved: () => void = () => {}) {
    this.#fetchKeys = fetchKeys
    this.#now = now
    this.#onKeyRemoved = onKeyRemoved
  }

  async ready(emit: EventListener = noListener): Promise<void> {
    if (!this.#hasUsableKeys()) await this.#refresh(emit)
    if (!this.#hasUsableKeys()) throw this.#outage()
  }

  async find(
    header: JwtHeader,
    emit: EventListener = noListener,
    mayUse?: (keyIssuer: string) => boolean,
  ): ReturnType<KeySource['find']> {
    const found = await this.#find(header, emit)
    // A key of another issuer is known, too: no fetch for it.
    return mayUse === undefined || found.length === 0 ? found : this.#findKnown(header, mayUse)
  }

  async #find(header: JwtHeader, emit: EventListener): ReturnType<KeySource['find']> {
    const { begun } = this.#lookups
    const refreshed = this.#age() > refreshAge ? this.#refresh(emit) : undefined
    // A request waits only if the cached keys are too old, and their source has not just failed.
    const mustWait = this.#age() > maxAge && (this.#failure === undefined || !this.#hasUsableKeys())
    if (mustWait) await refreshed
    let found = await this.#findKnown(header)
    if (found.length > 0) return found

    const isFound = await this.#lookUp(begun, emit, async () => {
      found = await this.#findKnown(header)
      return found.length > 0
    })
    if (isFound) return found
    if (this.#failure !== undefined) throw this.#outage()
    if (!this.#lookups.isSettled(header.kid, begun)) throw this.#notSettledYet()
    return found
  }

  /**
   * Whether `hasSigned` resolves to `true` for one of the keys. If not, a new key may have the same ID, or none: the keys
   * are fetched again, as for an unknown ID.
   *
   * @returns `undefined` if that is not known, because the keys cannot be fetched at the moment.
   * @throws `temporarily_unavailable`, as `find` does.
   */
  async isSignedBy(
    header: JwtHeader,
    hasSigned: (keys: readonly VerificationKey[]) => Promise<boolean>,
    emit: EventListener = noListener,
  ): Promise<boolean | undefined> {
    const { begun } = this.#lookups
    const found = await this.find(header, emit)
    if (await hasSigned(found)) return true
    // Settled: there is no key with this ID.
    if (found.length === 0) return false
    const isSigned = await this.#lookUp(begun, emit, async () => hasSigned(await this.#findKnown(header)))
    return isSigned || this.#lookups.isFetchedSince(begun) ? isSigned : undefined
  }

  /** Until when a verified token may be cached: as long as the keys, or shortly if they are stale. */
  trustedUntil(): number {
    const age = this.#age()
    return this.#now() + (age < maxAge ? maxAge - age : Math.min(failureCooldown, this.#usableAge() - age))
  }

  /** @throws `temporarily_unavailable` without usable keys. */
  #findKnown(header: JwtHeader, mayUse?: (keyIssuer: string) => boolean): ReturnType<KeySource['find']> {
    if (this.#keys === undefined || !this.#hasUsableKeys()) throw this.#outage()
    return this.#keys.source.find(header, undefined, mayUse)
  }

  /**
   * Fetches the keys until a fetch has succeeded that began after the token arrived, if the limits allow it. A fetch that
   * was running by then may have missed the key, so it is followed by another.
   *
   * @param begun How many fetches had begun when the token arrived.
   */
  async #lookUp(begun: number, emit: EventListener, isThere: () => Promise<boolean>): Promise<boolean> {
    const isFetched = () => this.#lookups.isFetchedSince(begun)
    const refreshed = isFetched() ? undefined : this.#refreshForUnknownKey(emit)
    await refreshed
    if (await isThere()) return true
    if (refreshed === undefined || isFetched() || this.#failure !== undefined) return false
    await this.#refreshForUnknownKey(emit, true)
    return isThere()
  }

  /**
   * Fetches at once for the first unknown key ID, so that a new key works immediately. Then a cooldown begins, so that
   * made-up IDs do not become traffic.
   *
   * @param isMissed Whether a running fetch may have missed the key. That allows one more fetch in the cooldown for all
   * who wait, but not in the same second, when many tokens at once suggest an attack.
   */
  #refreshForUnknownKey(emit: EventListener, isMissed = false): Promise<void> | undefined {
    const running = this.#flight.get()
    if (running !== undefined) return running
    const isAgain = this.#isWithin(unknownKeyCooldown, this.#unknownKeyAt)
    if (isAgain && (!isMissed || this.#hasFetchedAgain || this.#unknownKeyAt === this.#now()))
      return undefined
    const refreshed = this.#refresh(emit)
    if (refreshed !== undefined && !isAgain) this.#unknownKeyAt = this.#now()
    this.#hasFetchedAgain = isAgain
    return refreshed
  }

  /** Fetches the keys, except shortly after a failure. Never rejects: known keys stay in use. */
  #refresh(emit: EventListener): Promise<void> | undefined {
    const pause = this.#hasUsableKeys() ? failureCooldown : failureCooldownWithoutKeys
    const failed = this.#failure?.why === 'notAsked' ? undefined : this.#failure?.at
    if (this.#flight.get() === undefined && this.#isWithin(pause, failed)) return undefined
    return this.#flight.run(() => this.#fetch(emit))
  }

  async #fetch(emit: EventListener): Promise<void> {
    // Tokens that arrive in the same tick share this fetch.
    await Promise.resolve()
    const succeeded = this.#lookups.begin()
    try {
      const jwks = await this.#fetchKeys()
      if (!jwks.keys.some(isUsableKey)) throw new NotFound('the JWKS document has no usable key')
      succeeded()
      const removed = this.#keys === undefined ? [] : removedKeys(this.#keys.jwks, jwks)
      for (const { kid } of removed) this.#lookups.noteRemoved(kid)
      if (removed.length > 0) this.#onKeyRemoved()
      this.#keys = { source: keySet(jwks), jwks, fetchedAt: this.#now() }
      this.#failure = undefined
    } catch (cause) {
      const why = whyNoCopy(cause)
      const isGone = why === 'gone' || this.#failure?.isGone === true
      this.#failure = { at: this.#now(), cause, why, isGone }
      emit({ type: 'source.unavailable', source: 'jwks', cause })
    }
  }

  #outage(): OAuthError {
    return unavailable('keys_unavailable', this.#failure?.cause)
  }

  /** The key may be newer than the last fetch, and the next one is not allowed yet. */
  #notSettledYet(): OAuthError {
    const since = this.#unknownKeyAt ?? this.#now()
    return unavailable('key_not_looked_up', undefined, Math.ceil(since + unknownKeyCooldown - this.#now()))
  }

  #isWithin(seconds: number, since: number | undefined): boolean {
    return since !== undefined && isDuring(this.#now(), since, since + seconds)
  }

  #hasUsableKeys(): boolean {
    return this.#age() <= this.#usableAge()
  }

  #usableAge(): number {
    if (this.#failure?.why === 'notAsked') return maxAge
    return maxAge + staleFor[this.#failure?.isGone === true ? 'gone' : 'unreachable']
  }

  #age(): number {
    return this.#keys === undefined
      ? Number.POSITIVE_INFINITY
      : secondsBetween(this.#now(), this.#keys.fetchedAt)
  }
}

interface Failure {
  readonly at: number
  readonly cause: unknown
  readonly why: NoCopy
  /** Whether the source has responded without keys, and not with keys since. */
  readonly isGone: boolean
}

/** The usable keys that a new JWKS document no longer has. Its members may be of any type. */
function removedKeys(before: JSONWebKeySet, after: JSONWebKeySet): JWK[] {
  const kept = new Set(after.keys.map((key) => JSON.stringify(key)))
  return before.keys.filter((key) => isUsableKey(key) && !kept.has(JSON.stringify(key)))
}
