import { fastDigest } from '../crypto.js'

/** How many tokens are remembered at most: two generations of half of them each. */
const defaultCapacity = 20_000

/**
 * Remembers what verified tokens say, so that the second request with a token costs a look-up.
 *
 * Bounded without scans: a full generation becomes the old one, and what nobody asks for again goes with it. Keys are
 * digests where the runtime has a fast one, so the tokens themselves are not kept.
 */
export class VerifiedTokens<Entry extends object> {
  readonly #generation: number
  #young = new Map<string, Entry>()
  #old = new Map<string, Entry>()
  /** How often it was cleared. */
  #cleared = 0

  constructor(capacity = defaultCapacity) {
    this.#generation = Math.max(1, Math.floor(capacity / 2))
  }

  find(token: string, resource: string | undefined): Entry | undefined {
    const key = keyOf(token, resource)
    const found = this.#young.get(key)
    if (found !== undefined) return found
    const older = this.#old.get(key)
    if (older !== undefined) this.#add(key, older)
    return older
  }

  remember(token: string, resource: string | undefined, entry: Entry): void {
    this.#add(keyOf(token, resource), deepFreeze(entry))
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
    this.#young.clear()
    this.#old.clear()
  }

  #add(key: string, entry: Entry): void {
    if (this.#young.size >= this.#generation) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, entry)
  }
}

/** A token is good for a resource, not by itself. Neither part can contain the separator. */
function keyOf(token: string, resource: string | undefined): string {
  return fastDigest(`${token} ${resource ?? ''}`)
}

/** What is remembered is handed to handlers: nobody may change it for the next request. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const member of Object.values(value)) deepFreeze(member)
  }
  return value
}
