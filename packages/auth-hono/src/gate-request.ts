import { type GateRequest, WebGateRequest } from '@tollgate/auth-core/adapter'
import type { Context } from 'hono'
import { keptBody } from './kept-body.js'

/** A `GateRequest` of a context. It has the body that other middleware has read through Hono. */
export class HonoGateRequest implements GateRequest {
  readonly #c: Context

  constructor(c: Context) {
    this.#c = c
  }

  get method(): string {
    return this.#c.req.method
  }

  get url(): string {
    return this.#c.req.url
  }

  header(name: string): string | undefined {
    return this.#c.req.header(name)
  }

  async body(limit: number): Promise<unknown> {
    const { raw } = this.#c.req
    return raw.bodyUsed ? keptBody(this.#c) : new WebGateRequest(raw).body(limit)
  }
}
