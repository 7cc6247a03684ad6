import type { GateRequest } from '../../src/gate/request/gate-request.js'

interface PlainParts {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** The parsed body, its text or bytes, or the result of reading it. */
  readonly body?: unknown
}

/** A request for a gate, without a framework. */
export function plainRequest({ method = 'POST', headers = {}, body }: PlainParts = {}): GateRequest {
  return {
    method,
    url: '/mcp',
    header: (name) => headers[name],
    body: async () => (typeof body === 'function' ? body() : body),
  }
}

export const formHeaders = { 'content-type': 'application/x-www-form-urlencoded' }
