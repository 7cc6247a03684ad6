/** A request of a client and the response, without anything secret. */
export interface Exchange {
  readonly method: string
  readonly url: string
  /** The `method` of a JSON-RPC request, or the `grant_type` of a token request. */
  readonly about: string | undefined
  readonly status: number
  readonly challenge: string | null
  /** What else the response contained, for people to read. */
  readonly note?: string
}

/**
 * A `fetch` that records its exchanges, except for the event stream: clients open that in the background, at any time.
 */
export function recordedFetch(exchanges: Exchange[]): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init)
    const method = init?.method ?? 'GET'
    if (method === 'GET' && new Headers(init?.headers).get('accept') === 'text/event-stream') return response
    const url = input instanceof Request ? input.url : String(input)
    exchanges.push({
      method,
      url,
      about: subjectOf(init?.body),
      status: response.status,
      challenge: response.headers.get('www-authenticate'),
    })
    return response
  }
}

function subjectOf(body: unknown): string | undefined {
  if (body instanceof URLSearchParams) return body.get('grant_type') ?? undefined
  if (typeof body !== 'string') return undefined
  const { method, params }: { method?: string; params?: { name?: string } } = JSON.parse(body)
  return method === 'tools/call' ? `${method} ${params?.name}` : method
}
