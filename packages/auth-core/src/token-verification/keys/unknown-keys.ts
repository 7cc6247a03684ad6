import { RecentlyUsed } from '../../runtime/recently-used.js'

/** How many ids are remembered, and up to which length: those who make them up decide both. */
const capacity = 100
const longestId = 256

/**
 * Which key ids that are not known have been looked up. A token with one is bad; with another, it may be that of a new key.
 *
 * Each answer of the source looks up all ids that were asked for before the question: so nobody can keep the source from
 * being asked about an id by asking about others. It does so until the next answer: a key may be published after somebody
 * has guessed its id.
 */
export class UnknownKeys {
  /** How many questions had been put to the source when an id was asked for. Strangers push others out. */
  readonly #askedAfter = new RecentlyUsed<number>(capacity)
  /** Apart from those that strangers make up: ids that only the source itself can push out. */
  readonly #lost = new RecentlyUsed<true>(capacity)
  #questions = 0
  #lastAnswered = 0
  #answeredBefore = 0

  /** How many questions have been put to the source. */
  get questions(): number {
    return this.#questions
  }

  /** The source is asked for its keys. Answers what to call when it has answered. */
  ask(): () => void {
    this.#questions += 1
    const question = this.#questions
    return () => {
      this.#answeredBefore = this.#lastAnswered
      this.#lastAnswered = question
    }
  }

  /** Whether the source has answered a question that was put after so many others. */
  isAnsweredSince(questions: number): boolean {
    return questions < this.#lastAnswered
  }

  /** The source had a key with this id, and has it no more. */
  noteLost(kid: unknown): void {
    const name = nameOf(kid)
    if (name.length <= longestId) this.#lost.set(name, true)
  }

  /**
   * Whether there is an answer to a question about this id. If there is none, the next one will be.
   *
   * @param questions How many had been put when the token came.
   */
  isLookedUp(kid: unknown, questions: number): boolean {
    const name = nameOf(kid)
    if (this.#lost.get(name)) return true
    let askedAfter = this.#askedAfter.get(name)
    if (askedAfter === undefined || askedAfter < this.#answeredBefore) {
      askedAfter = questions
      if (name.length <= longestId) this.#askedAfter.set(name, questions)
    }
    return this.isAnsweredSince(askedAfter)
  }
}

/** In a token that nobody has verified, and in a document, an id may be anything, or missing. */
function nameOf(kid: unknown): string {
  return typeof kid === 'string' ? kid : ''
}
