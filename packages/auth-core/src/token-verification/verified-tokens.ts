import { fastDigest } from '../runtime/crypto.js'

/** How many tokens are remembered at most: two generations of half of them each. */
const defaultCapacity = 20_000

/** How many tokens are kept as they are, because they have just been asked for. A power of two. */
const recentCapacity = 64

/** With less room than this, the few of the moment would be too many of all. */
const leastForRecent = 1024

interface Recent<Entry> {
  readonly token: string
  readonly resource: string | undefined
  readonly key: string
  readonly entry: Entry
}

/**
 * Remembers what verified tokens say, so that the second request with a token costs a look-up.
 *
 * Bounded without scans: a full generation becomes the old one, and what nobody asks for again goes with it. Keys are
 * digests where the runtime has a fast one, so the tokens themselves are not kept, except for the few of the moment:
 * comparing one costs a tenth of a digest. Engines compare words of several bytes, so the time it takes tells a guess
 * nothing before it is right in as many bits as no one can try.
 */
export class VerifiedTokens<Entry extends object> {
  readonly #generation: number
  readonly #hasOldGeneration: boolean
  readonly #recent: (Recent<Entry> | undefined)[]
  #young = new Map<string, Entry>()
  #old = new Map<string, Entry>()
  /** How often it was cleared. */
  #cleared = 0

  /** @param capacity How many tokens are remembered at most, 1 or more. */
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
    // It was asked for without a look at the generations, which may have forgotten it meanwhile.
    if (before !== undefined && !this.#young.has(before.key)) this.#add(before.key, before.entry)
    this.#recent[slot] = { token, resource, key, entry }
    return entry
  }

  /** @param entry Shared by all requests with the token: what handlers are given of it must be frozen or a copy. */
  remember(token: string, resource: string | undefined, entry: Entry): void {
    const key = keyOf(token, resource)
    const slot = slotOf(token)
    // What was found out last is what holds, also where an older answer is at hand.
    if (this.#recent[slot]?.key === key) this.#recent[slot] = undefined
    this.#add(key, entry)
  }

  /** `remember` for a verification that begins now: it does nothing if `clear` is called before it ends. */
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

/** By the end of a token, which is the random part of a signature. */
function slotOf(token: string): number {
  return (
    (token.charCodeAt(token.length - 2) ^ (token.charCodeAt(token.length - 3) << 1)) & (recentCapacity - 1)
  )
}

/** A token is good for a resource, not by itself. Neither part can contain the separator. */
function keyOf(token: string, resource: string | undefined): string {
  return fastDigest(`${token} ${resource ?? ''}`)
}
