/** What was had in place of a document of the client. */
export class DocumentError extends Error {
  /** Whether it was the client's own server that answered so: then there is no such client, and no outage. */
  readonly isAnswer: boolean

  constructor(
    message: string,
    { isAnswer, cause }: { readonly isAnswer: boolean; readonly cause?: unknown },
  ) {
    super(message, { cause })
    this.isAnswer = isAnswer
  }
}
