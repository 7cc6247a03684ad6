import { RecentlyUsed } from '../../runtime/recently-used.js'

/** How many key IDs are remembered, and how long they may be: whoever sends tokens chooses both. */
const capacity = 100
const longestId = 256

/**
 * Which unknown key IDs the issuer's keys have been searched for. A token with such an ID is invalid; any other may be
 * signed with a new key.
 *
 * A fetch settles every key ID requested before it began, so flooding with other IDs cannot starve one. It does so until
 * the next fetch: a key may be published after somebody has guessed its ID.
 */
export class KeyLookups {
  /** How many fetches had begun when an ID was requested. Made-up IDs push others out. */
  readonly #requestedAfter = new RecentlyUsed<number>(capacity)
  /** Separate from those, so that made-up IDs cannot push them out. */
  readonly #removed = new RecentlyUsed<true>(capacity)
  #begun = 0
  #lastFetched = 0
  #fetchedBefore = 0

  /** How many fetches have begun. */
  get begun(): number {
    return this.#begun
  }

  /** Notes that a fetch begins. Returns what to call when it has succeeded. */
  begin(): () => void {
    this.#begun += 1
    const fetch = this.#begun
    return () => {
      this.#fetchedBefore = this.#lastFetched
      this.#lastFetched = fetch
    }
  }

  /** Whether a fetch has succeeded that began after so many others. */
  isFetchedSince(begun: number): boolean {
    return begun < this.#lastFetched
  }

  /** Notes that the issuer has removed a key. */
  noteRemoved(kid: unknown): void {
    const name = nameOf(kid)
    if (name.length <= longestId) this.#removed.set(name, true)
  }

  /**
   * Whether a fetch has settled that there is no key with this ID. If not, the next one will.
   *
   * @param begun How many fetches had begun when the token arrived.
   */
  isSettled(kid: unknown, begun: number): boolean {
    const name = nameOf(kid)
    if (this.#removed.get(name)) return true
    let requestedAfter = this.#requestedAfter.get(name)
    if (requestedAfter === undefined || requestedAfter < this.#fetchedBefore) {
      requestedAfter = begun
      if (name.length <= longestId) this.#requestedAfter.set(name, begun)
    }
    return this.isFetchedSince(requestedAfter)
  }
}

/** In an unverified token, and in a document, a key ID may be of any type, or missing. */
function nameOf(kid: unknown): string {
  return typeof kid === 'string' ? kid : ''
}
