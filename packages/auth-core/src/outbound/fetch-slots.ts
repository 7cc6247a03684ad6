/** This server fetches too much already. It says nothing of the one that was not asked. */
export class TooManyFetches extends Error {}

/**
 * Keeps clients from making the server fetch a lot at once. Who finds no slot is refused, and does not wait: a queue
 * would only make everybody after it slow.
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
   * Takes a slot, and answers how to give it back. Giving it back twice is giving it back once.
   *
   * @throws `TooManyFetches` if there is none.
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
      this.#giveBack(host)
    }
  }

  #giveBack(host: string): void {
    this.#taken -= 1
    const left = (this.#takenByHost.get(host) ?? 1) - 1
    if (left > 0) this.#takenByHost.set(host, left)
    else this.#takenByHost.delete(host)
  }
}
