import type { IncomingMessage } from 'node:http'
import type { GateRequest } from '../gate/request/gate-request.js'
import { rawHeader } from '../http/raw-headers.js'
import { isBodyUnread, peekBody } from './peek-body.js'

/** A `GateRequest` of a Node request. */
export class NodeGateRequest implements GateRequest {
  readonly #request: IncomingMessage & { readonly originalUrl?: string }
  readonly #parsed: { readonly body?: unknown }

  /** @param parsed What has the body that a parser has read. */
  constructor(
    request: IncomingMessage & { readonly originalUrl?: string },
    parsed: { readonly body?: unknown },
  ) {
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
