import type { JSONWebKeySet, JWK } from 'jose'
import type { EventListener } from '../../events/auth-event.js'
import { noListener } from '../../events/listener.js'
import { type OAuthError, unavailable } from '../../oauth/oauth-error.js'
import { TooManyFetches } from '../../outbound/fetch-slots.js'
import { DocumentGone } from '../../outbound/not-found.js'
import { type Clock, isDuring, secondsBetween } from '../../runtime/clock.js'
import type { JwtHeader, KeySource, VerificationKey } from '../jwt/jws.js'
import { isUsableKey, keySet } from './key-set.js'
import { UnknownKeys } from './unknown-keys.js'

/** From this age on keys are fetched again, while requests go on with those that are there, in seconds. */
const refreshAge = 300
/** How long fetched keys are used without an answer from their source, in seconds. */
export const maxAge = 600
/** How long keys outlive `maxAge` while their source is down, in seconds. */
const staleIfError = 24 * 3600
/** The same while it answers that it has none: longer than a deployment takes that leaves a gap, in seconds. */
const staleIfGone = 600
/** The shortest time between two fetches for the sake of unknown key ids, which anybody can make up, in seconds. */
const unknownKeyCooldown = 30
/** The shortest time between two fetches while the source is down, in seconds. */
const failureCooldown = 30
/** The same with no keys that may still be used: every request is refused until one succeeds. */
const failureCooldownWithoutKeys = 5

/**
 * Keys that are fetched: in single flight, kept for a while, and kept longer while their source is down.
 *
 * A source that is down says nothing of its keys. One that answers without any may have withdrawn them, or is just being
 * repaired: those of before do not count for much longer, also if it is down afterwards, and nobody can tell what is good.
 * One that was not asked, because this server fetches too much, is neither: others have a part in that, and must not decide
 * how long a key is good that was withdrawn.
 */
export class RemoteKeys implements KeySource {
  readonly #fetchKeys: () => Promise<JSONWebKeySet>
  readonly #now: Clock
  readonly #onKeyGone: () => void
  #keys: { readonly source: KeySource; readonly jwks: JSONWebKeySet; readonly fetchedAt: number } | undefined
  /** Of the last fetch, if it failed. */
  #failure: Failure | undefined
  readonly #unknown = new UnknownKeys()
  /** When an unknown key id last had the keys fetched, after a while without. */
  #unknownKeyAt: number | undefined
  /** Whether one has done so again since then, which another fetch may have missed. */
  #hasAskedAgain = false
  #pending: Promise<void> | undefined

  /** @param onKeyGone Called when the issuer has withdrawn a key: what it signed is not good any more. */
  constructor(fetchKeys: () => Promise<JSONWebKeySet>, now: Clock, onKeyGone: () => void = () => {}) {
    this.#fetchKeys = fetchKeys
    this.#now = now
    this.#onKeyGone = onKeyGone
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
    // A key of another issuer is a known one: nothing has to be fetched for it.
    return mayUse === undefined || found.length === 0 ? found : this.#findKnown(header, mayUse)
  }

  async #find(header: JwtHeader, emit: EventListener): ReturnType<KeySource['find']> {
    const { questions } = this.#unknown
    const refreshed = this.#age() > refreshAge ? this.#refresh(emit) : undefined
    // Requests wait for new keys only if those that are there are too old, and their source has not just failed.
    const mustWait = this.#age() > maxAge && (this.#failure === undefined || !this.#hasUsableKeys())
    if (mustWait) await refreshed
    let found = await this.#findKnown(header)
    if (found.length > 0) return found

    const isFound = await this.#lookUp(questions, emit, async () => {
      found = await this.#findKnown(header)
      return found.length > 0
    })
    if (isFound) return found
    if (this.#failure !== undefined) throw this.#outage()
    if (!this.#unknown.isLookedUp(header.kid, questions)) throw this.#notAskedYet()
    return found
  }

  /**
   * Whether one of the keys has signed what `hasSigned` looks at. If none has, the key may have been replaced by one of the
   * same id, or of none: they are fetched again, as for an id that is not known.
   *
   * `undefined` says that nobody can tell: they are those of before, and cannot be fetched for the moment.
   *
   * @throws `temporarily_unavailable`, as `find` does.
   */
  async isSignedBy(
    header: JwtHeader,
    hasSigned: (keys: readonly VerificationKey[]) => Promise<boolean>,
    emit: EventListener = noListener,
  ): Promise<boolean | undefined> {
    const { questions } = this.#unknown
    const found = await this.find(header, emit)
    if (await hasSigned(found)) return true
    // There is no key of this id: that has been looked up.
    if (found.length === 0) return false
    const isSigned = await this.#lookUp(questions, emit, async () => hasSigned(await this.#findKnown(header)))
    return isSigned || this.#unknown.isAnsweredSince(questions) ? isSigned : undefined
  }

  /** As long as the keys themselves: a withdrawn one must not live on in what it signed. A moment, if they are stale. */
  trustedUntil(): number {
    const age = this.#age()
    return this.#now() + (age < maxAge ? maxAge - age : Math.min(failureCooldown, this.#usableAge() - age))
  }

  /** @throws if there are no keys that may still be used. */
  #findKnown(header: JwtHeader, mayUse?: (keyIssuer: string) => boolean): ReturnType<KeySource['find']> {
    if (this.#keys === undefined || !this.#hasUsableKeys()) throw this.#outage()
    return this.#keys.source.find(header, undefined, mayUse)
  }

  /**
   * Whether the key of a token is there. It may be newer than what is known, unless that was fetched after the token came,
   * when there had been so many `questions`. A fetch that was under way by then may have missed it: if the issuer is that
   * slow, it is asked once more.
   */
  async #lookUp(questions: number, emit: EventListener, isThere: () => Promise<boolean>): Promise<boolean> {
    const isAnswered = () => this.#unknown.isAnsweredSince(questions)
    const refreshed = isAnswered() ? undefined : this.#refreshForUnknownKey(emit)
    await refreshed
    if (await isThere()) return true
    if (refreshed === undefined || isAnswered() || this.#failure !== undefined) return false
    await this.#refreshForUnknownKey(emit, true)
    return isThere()
  }

  /**
   * At once, so that an issuer which signs with a new key before anybody could know it costs nobody a refusal; and then
   * not again for a while, so that made-up key ids do not become traffic.
   *
   * @param isMissed Whether a fetch may have missed the key. That is worth another one in this while, for all who wait; but
   * not in the same second, where many tokens at once are rather a storm than a slow issuer.
   */
  #refreshForUnknownKey(emit: EventListener, isMissed = false): Promise<void> | undefined {
    if (this.#pending !== undefined) return this.#pending
    const isAgain = this.#isWithin(unknownKeyCooldown, this.#unknownKeyAt)
    if (isAgain && (!isMissed || this.#hasAskedAgain || this.#unknownKeyAt === this.#now())) return undefined
    const refreshed = this.#refresh(emit)
    if (refreshed !== undefined && !isAgain) this.#unknownKeyAt = this.#now()
    this.#hasAskedAgain = isAgain
    return refreshed
  }

  /** Fetches the keys, unless that failed a moment ago. Never rejects: what is known stays in use. */
  #refresh(emit: EventListener): Promise<void> | undefined {
    const pause = this.#hasUsableKeys() ? failureCooldown : failureCooldownWithoutKeys
    const isPaused = this.#failure?.isOwn === false && this.#isWithin(pause, this.#failure.at)
    if (this.#pending === undefined && isPaused) return undefined
    this.#pending ??= this.#fetch(emit).finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }

  async #fetch(emit: EventListener): Promise<void> {
    // What comes in the same moment is asked for together.
    await Promise.resolve()
    const isAnswered = this.#unknown.ask()
    try {
      const jwks = await this.#fetchKeys()
      if (!jwks.keys.some(isUsableKey)) throw new DocumentGone('the JWKS document has no usable key')
      isAnswered()
      const lost = this.#keys === undefined ? [] : lostKeys(this.#keys.jwks, jwks)
      for (const { kid } of lost) this.#unknown.noteLost(kid)
      if (lost.length > 0) this.#onKeyGone()
      this.#keys = { source: keySet(jwks), jwks, fetchedAt: this.#now() }
      this.#failure = undefined
    } catch (cause) {
      const isGone = cause instanceof DocumentGone || this.#failure?.isGone === true
      this.#failure = { at: this.#now(), cause, isGone, isOwn: cause instanceof TooManyFetches }
      emit({ type: 'source.unavailable', source: 'jwks', cause })
    }
  }

  #outage(): OAuthError {
    return unavailable('keys_unavailable', this.#failure?.cause)
  }

  /** The key may have come after the last question, and the next one has to wait: nobody can tell until then. */
  #notAskedYet(): OAuthError {
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
    if (this.#failure?.isOwn === true) return maxAge
    return maxAge + (this.#failure?.isGone === true ? staleIfGone : staleIfError)
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
  /** From an answer without keys to one with keys. */
  readonly isGone: boolean
  /** Whether the source was not even asked, because this server fetches too much. */
  readonly isOwn: boolean
}

/** What a JWKS document had, and has no more. Its members may be anything. */
function lostKeys(before: JSONWebKeySet, after: JSONWebKeySet): JWK[] {
  const kept = new Set(after.keys.map((key) => JSON.stringify(key)))
  return before.keys.filter((key) => isUsableKey(key) && !kept.has(JSON.stringify(key)))
}
