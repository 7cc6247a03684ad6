/** The fetch limit of this server is reached, so the other server was not asked. */
export class TooManyFetches extends Error {}

/**
 * Limits concurrent fetches. A caller that finds no slot is refused at once: a queue would only delay all callers after
 * it.
 */
export class FetchSlots {
  readonly #limit: number
  readonly #limitPerHost: number
  readonly #takenByHost = new Map<string, number>()
  #taken = 0

  constructor(limit: number, limitPerHost: number) {
    this.#limit = limit
    this.#limitPerHost = limitPerHost
  }

  /**
   * Takes a slot and returns a function that releases it. Calling that twice releases it once.
   *
   * @throws `TooManyFetches` if all slots are taken.
   */
  take(host: string): () => void {
    const ofHost = this.#takenByHost.get(host) ?? 0
    if (this.#taken >= this.#limit) throw new TooManyFetches('too many fetches are under way')
    if (ofHost >= this.#limitPerHost) throw new TooManyFetches(`too many fetches from ${host} are under way`)
    this.#taken += 1
    this.#takenByHost.set(host, ofHost + 1)
    let isTaken = true
    return () => {
      if (!isTaken) return
      isTaken = false
      this.#release(host)
    }
  }

  /**
   * Runs a fetch of a URL in a slot.
   *
   * @throws `TooManyFetches` if all slots are taken.
   */
  async run<Result>(url: string, fetch: () => Promise<Result>): Promise<Result> {
    const release = this.take(new URL(url).hostname)
    return fetch().finally(release)
  }

  #release(host: string): void {
    this.#taken -= 1
    const left = (this.#takenByHost.get(host) ?? 1) - 1
    if (left > 0) this.#takenByHost.set(host, left)
    else this.#takenByHost.delete(host)
  }
}

/**
 * Concurrent fetches for clients that no user has approved, in all and for one host. Together they are fewer than the 32
 * and 8 that the fetch of public URLs allows: the rest is for approved clients.
 */
const forUnapprovedClients = { documents: [16, 3], keys: [12, 3] } as const

/** The slots for what unapproved clients name: their metadata documents, or their keys. */
export function slotsForUnapprovedClients(what: keyof typeof forUnapprovedClients): FetchSlots {
  const [limit, limitPerHost] = forUnapprovedClients[what]
  return new FetchSlots(limit, limitPerHost)
}
