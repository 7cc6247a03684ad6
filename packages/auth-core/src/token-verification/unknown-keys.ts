import { RecentlyUsed } from '../storage/recently-used.js'

/** How many ids are remembered, and up to which length: those who make them up decide both. */
const capacity = 100
const longestId = 256

/**
 * Which key ids that are not known have been looked up. A token with one is bad; with another, it may be that of a new key.
 *
 * Each answer of the source looks up all ids that were asked for before the question: so nobody can keep the source from
 * being asked about an id by asking about others.
 */
export class UnknownKeys {
  /** How many questions had been put to the source when an id was first asked for. */
  readonly #askedAfter = new RecentlyUsed<number>(capacity)
  #questions = 0
  #lastAnswered = 0

  /** The source is asked for its keys. Answers what to call when it has answered. */
  ask(): () => void {
    this.#questions += 1
    const question = this.#questions
    return () => {
      this.#lastAnswered = question
    }
  }

  /** The last answer says that there is no key with this id: somebody has waited for it, or it was there before. */
  noteLookedUp(kid: unknown): void {
    this.#note(nameOf(kid), this.#lastAnswered - 1)
  }

  /** Whether there is an answer to a question about this id. If it is asked for the first time, the next one will be. */
  isLookedUp(kid: unknown): boolean {
    const askedAfter = this.#askedAfter.get(nameOf(kid))
    if (askedAfter === undefined) this.#note(nameOf(kid), this.#questions)
    return askedAfter !== undefined && askedAfter < this.#lastAnswered
  }

  #note(kid: string, questions: number): void {
    if (kid.length <= longestId) this.#askedAfter.set(kid, questions)
  }
}

/** In a token that nobody has verified, and in a document, an id may be anything, or missing. */
function nameOf(kid: unknown): string {
  return typeof kid === 'string' ? kid : ''
}
