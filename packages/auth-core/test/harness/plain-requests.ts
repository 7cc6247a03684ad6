import type { RequestReader } from '../../src/gate/request-reader.js'

/** A request for a gate, without a framework. */
export interface PlainRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** What a parser made of the body, or its text or bytes; or what reading it comes to. */
  readonly body?: unknown
}

export const plainReader: RequestReader<PlainRequest> = {
  method: ({ method = 'POST' }) => method,
  header: ({ headers }, name) => headers?.[name],
  body: async ({ body }) => (typeof body === 'function' ? body() : body),
}

export const formHeaders = { 'content-type': 'application/x-www-form-urlencoded' }
