import type { GateRequest } from '../gate/request/gate-request.js'
import { rawHeader } from '../http/raw-headers.js'
import type { NodeRequest } from './node-request.js'
import { isBodyUnread, peekBody } from './peek-body.js'

/** A `GateRequest` of a Node request. */
export class NodeGateRequest implements GateRequest {
  readonly #request: NodeRequest
  readonly #parsed: { readonly body?: unknown }

  /** @param parsed Holds the body that a parser has read. */
  constructor(request: NodeRequest, parsed: { readonly body?: unknown }) {
    this.#request = request
    this.#parsed = parsed
  }

  get method(): string {
    return this.#request.method ?? ''
  }

  get url(): string {
    return this.#request.originalUrl ?? this.#request.url ?? '/'
  }

  header(name: string): string | undefined {
    return rawHeader(this.#request.rawHeaders, name)
  }

  async body(limit: number): Promise<unknown> {
    return isBodyUnread(this.#request) ? peekBody(this.#request, limit) : this.#parsed.body
  }
}
