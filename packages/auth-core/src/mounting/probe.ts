import { mediaTypeOf } from '../http/media-type.js'
import type { Fetch } from '../outbound/fetch-json.js'
import { inFront } from './in-front.js'

/** A public URL that does not respond as it should. */
export interface MountProblem {
  readonly url: string
  readonly method: string
  /** What it responds instead, for example `404`. */
  readonly found: string
  /** What to do about it. */
  readonly remedy: string
  /** All of it in one line. */
  readonly message: string
}

/** A request whose response shows whether a path reaches the provider. None of them changes anything. */
export interface Probe {
  readonly url: string
  readonly method: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | undefined
  /** What is wrong with a response: an empty text where its status says it all, `undefined` if nothing is. */
  readonly problemOf: (answer: Answer) => string | undefined
  readonly remedyFor: (found: string, answer: Answer) => string
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

export interface FetchBounds {
  readonly fetch?: Fetch | undefined
  /** Seconds for each response. Default: 5. */
  readonly timeout?: number | undefined
}

/** Sends the request of a probe. `undefined` if its response is as it should be. */
export async function ask(probe: Probe, options: FetchBounds): Promise<MountProblem | undefined> {
  const { url, method, headers, body } = probe
  const { fetch = globalThis.fetch, timeout = 5 } = options
  try {
    const response = await fetch(url, {
      method,
      headers: { accept: 'application/json', ...headers },
      ...(body === undefined ? {} : { body }),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout * 1000),
    })
    const answer = await answerOf(response)
    const problem = probe.problemOf(answer)
    if (problem === undefined) return undefined
    const location = answer.headers.get('location')
    const found = [answer.status, location === null ? problem : `to ${location}`].join(' ').trim()
    const server = answer.headers.get('server')
    const through = server === null ? '' : ` (server: ${server})`
    return mountProblem(probe, found + through, inFront(url, answer) ?? probe.remedyFor(found, answer))
  } catch (error) {
    return mountProblem(
      probe,
      `nothing (${reasonOf(error)})`,
      'Does the server listen there? If only this machine cannot reach its public URL, because of a proxy or a ' +
        'router in between, pass a "fetch" that can.',
    )
  }
}

/** A stream may have no end, and nothing in it matters here. */
async function answerOf(response: Response): Promise<Answer> {
  const { status, headers } = response
  if (mediaTypeOf(headers.get('content-type')) !== 'text/event-stream')
    return { status, headers, body: await response.text() }
  await response.body?.cancel()
  return { status, headers, body: '' }
}

export function mountProblem(
  { url, method }: Pick<Probe, 'url' | 'method'>,
  found: string,
  remedy: string,
): MountProblem {
  return { url, method, found, remedy, message: `${method} ${url} answers ${found}. ${remedy}` }
}

/** Node's `fetch failed` has the reason in its cause. */
export function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { code?: string } }
  return cause?.code ?? message ?? 'unknown'
}
