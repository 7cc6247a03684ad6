import { readBytes } from '../http/read-bytes.js'

/**
 * Reads what a gate may have to know of a framework's request besides its `Authorization` header. One object for each
 * adapter, so that nothing has to be made for each request.
 */
export interface RequestReader<Request> {
  /** As it was sent, with its case. */
  method(request: Request): string
  /** One header field by its lower-case name. Repeated fields are joined with a comma. */
  header(request: Request, name: string): string | null | undefined
  /**
   * What a parser made of the body, or its text or bytes; `undefined` if it is not there any more. Whatever comes later
   * can still read it.
   *
   * @param limit In bytes.
   * @throws `invalid_request`: with 413 if there are more, or if the client goes away.
   */
  body(request: Request, limit: number): Promise<unknown>
}

/** For requests of the Fetch API. */
export const webRequestReader: RequestReader<Request> = {
  method: (request) => request.method,
  header: (request, name) => request.headers.get(name),
  async body(request, limit) {
    if (request.bodyUsed) return undefined
    const { body } = request.clone()
    if (body === null) return undefined
    try {
      return await readBytes(body.values({ preventCancel: true }), limit)
    } catch (error) {
      // The client is told to stop only once both copies are given up: neither waits for the other.
      for (const copy of [body, request.body]) copy?.cancel().catch(() => {})
      throw error
    }
  },
}
