/** One request of a client, and the answer, without anything secret. */
export interface Exchange {
  readonly method: string
  readonly url: string
  /** What a JSON-RPC or token request was about: its `method` or its `grant_type`. */
  readonly about: string | undefined
  readonly status: number
  readonly challenge: string | null
}

/**
 * A `fetch` that writes down what it is used for; all but the event stream that clients try to open in the
 * background, at a time of their own.
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
