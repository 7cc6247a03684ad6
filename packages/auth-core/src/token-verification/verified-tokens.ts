import { fastDigest } from '../runtime/crypto.js'

/** The most tokens that are remembered, in two generations of half the size. */
const defaultCapacity = 20_000

/** How many of the latest tokens are kept as text, for a look-up without a digest. A power of two. */
const recentCapacity = 64

/** Below this capacity, the latest tokens would take too much of it. */
const leastForRecent = 1024

interface Recent<Entry> {
  readonly token: string
  readonly resource: string | undefined
  readonly key: string
  readonly entry: Entry
}

/**
 * Caches verified tokens, so that the second request with a token costs a look-up.
 *
 * Bounded without scans: a full generation becomes the old one, and the previous old one is dropped with all tokens that
 * were not used since. Keys are digests if the runtime has a synchronous one, so tokens are not kept in memory, except the
 * latest: comparing text costs a tenth of a digest. Engines compare several bytes at once, so timing reveals nothing
 * until a guess is right in more bits than anybody can try.
 */
export class VerifiedTokens<Entry extends object> {
  readonly #generation: number
  readonly #hasOldGeneration: boolean
  readonly #recent: (Recent<Entry> | undefined)[]
  #young = new Map<string, Entry>()
  #old = new Map<string, Entry>()
  /** How often the cache was cleared. */
  #cleared = 0

  /** @param capacity The most tokens that are remembered, 1 or more. */
  constructor(capacity = defaultCapacity) {
    this.#recent = new Array(capacity < leastForRecent ? 0 : recentCapacity).fill(undefined)
    this.#generation = Math.max(1, Math.floor((capacity - this.#recent.length) / 2))
    this.#hasOldGeneration = capacity > 1
  }

  find(token: string, resource: string | undefined): Entry | undefined {
    const recent = this.#recent[slotOf(token)]
    return recent !== undefined && recent.token === token && recent.resource === resource
      ? recent.entry
      : this.#findByDigest(token, resource)
  }

  #findByDigest(token: string, resource: string | undefined): Entry | undefined {
    const key = keyOf(token, resource)
    const young = this.#young.get(key)
    const entry = young ?? this.#old.get(key)
    if (entry === undefined) return undefined
    if (young === undefined) this.#add(key, entry)
    if (this.#recent.length === 0) return entry
    const slot = slotOf(token)
    const before = this.#recent[slot]
    // Look-ups in the slot did not renew it, so the generations may have dropped it.
    if (before !== undefined && !this.#young.has(before.key)) this.#add(before.key, before.entry)
    this.#recent[slot] = { token, resource, key, entry }
    return entry
  }

  /** @param entry Shared by all requests with the token: handlers must get frozen values or copies. */
  remember(token: string, resource: string | undefined, entry: Entry): void {
    const key = keyOf(token, resource)
    const slot = slotOf(token)
    // The latest verdict replaces an older one in the slot.
    if (this.#recent[slot]?.key === key) this.#recent[slot] = undefined
    this.#add(key, entry)
  }

  /** Returns `remember` for a verification that begins now. It does nothing if `clear` is called meanwhile. */
  rememberer(): (token: string, resource: string | undefined, entry: Entry) => void {
    const cleared = this.#cleared
    return (token, resource, entry) => {
      if (cleared === this.#cleared) this.remember(token, resource, entry)
    }
  }

  clear(): void {
    this.#cleared += 1
    this.#recent.fill(undefined)
    this.#young.clear()
    this.#old.clear()
  }

  #add(key: string, entry: Entry): void {
    if (this.#young.size >= this.#generation) {
      this.#old = this.#hasOldGeneration ? this.#young : new Map()
      this.#young = new Map()
    }
    this.#young.set(key, entry)
  }
}

/** Chosen by the end of a token, where the random part of a signature is. */
function slotOf(token: string): number {
  return (
    (token.charCodeAt(token.length - 2) ^ (token.charCodeAt(token.length - 3) << 1)) & (recentCapacity - 1)
  )
}

/** A token is valid for a resource. Neither part can contain the separator. */
function keyOf(token: string, resource: string | undefined): string {
  return fastDigest(`${token} ${resource ?? ''}`)
}
