/** What was had in place of a document of the client. */
export class DocumentError extends Error {
  /** Whether it was the client's own server that answered so: then there is no such client, and no outage. */
  readonly isAnswer: boolean
  /** The status of the answer, if it was not 200. */
  readonly status: number | undefined

  constructor(
    message: string,
    {
      isAnswer,
      status,
      cause,
    }: { readonly isAnswer: boolean; readonly status?: number; readonly cause?: unknown },
  ) {
    super(message, { cause })
    this.isAnswer = isAnswer
    this.status = status
  }
}
