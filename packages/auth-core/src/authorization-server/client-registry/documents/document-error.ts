import { type NoCopy, whyNoCopy } from '../../../outbound/staleness.js'

/** A website responded without a valid document. */
export class DocumentError extends Error {
  /**
   * - `gone`: there is no such client (404, 410, or a document that is not valid).
   * - `unreachable`: the website has failed, for example with 500.
   */
  readonly meaning: 'gone' | 'unreachable'
  /** The status of the response, if it was not 200. */
  readonly status: number | undefined

  constructor(
    message: string,
    {
      meaning,
      status,
      cause,
    }: { readonly meaning: 'gone' | 'unreachable'; readonly status?: number; readonly cause?: unknown },
  ) {
    super(message, { cause })
    this.meaning = meaning
    this.status = status
  }
}

/** What an error of fetching or reading a document means for the previous copy. */
export function whyNoDocument(error: unknown): NoCopy {
  return error instanceof DocumentError ? error.meaning : whyNoCopy(error)
}
