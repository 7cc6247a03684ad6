/** A rule that the library claims to keep. Tests cite its id at the start of their names. */
export interface Requirement {
  /** A letter for the area and a number, for example `D-36`. */
  readonly id: string
  readonly level: 'MUST' | 'SHOULD' | 'MAY'
  /** The rule in one sentence. */
  readonly rule: string
  /** The section of the standard that it comes from; this project's own rules have none. */
  readonly source?: string
}
