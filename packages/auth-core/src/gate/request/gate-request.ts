import { readBytes } from '../../http/read-bytes.js'

/**
 * What a gate may read of a request besides its `Authorization` header.
 *
 * Adapters create one for each request. A class with getters is cheaper than an object with closures, and reads nothing
 * until the gate asks for it.
 */
export interface GateRequest {
  /** As the client sent it, in its case. */
  readonly method: string
  /** Path and query as they arrived. An origin in front of them is only the client's word. */
  readonly url: string
  /** One header field by its lower-case name. Repeated fields are joined with a comma. */
  header(name: string): string | null | undefined
  /**
   * What a parser made of the body, or its text or bytes; `undefined` if it is no longer there. Later readers still find
   * the body. Read for anonymous requests alone.
   *
   * @param limit In bytes.
   * @throws `invalid_request`: with 413 if there are more, or if the client goes away.
   */
  body(limit: number): Promise<unknown>
}

/** A `GateRequest` of a request of the Fetch API. */
export class WebGateRequest implements GateRequest {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  get method(): string {
    return this.#request.method
  }

  get url(): string {
    return this.#request.url
  }

  header(name: string): string | null {
    return this.#request.headers.get(name)
  }

  async body(limit: number): Promise<unknown> {
    const request = this.#request
    if (request.bodyUsed) return undefined
    const { body } = request.clone()
    if (body === null) return undefined
    try {
      return await readBytes(body.values({ preventCancel: true }), limit)
    } catch (error) {
      // The client stops sending only after both copies are canceled, and neither may wait for the other.
      for (const copy of [body, request.body]) copy?.cancel().catch(() => {})
      throw error
    }
  }
}
