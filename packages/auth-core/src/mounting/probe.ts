import { mediaTypeOf } from '../http/media-type.js'
import type { Fetch } from '../outbound/fetch-json.js'
import { intermediaryRemedy } from './in-front.js'
import type { ProbeResponse } from './probe-response.js'

/** A public URL that does not respond as it should. */
export interface MountProblem {
  readonly url: string
  readonly method: string
  /** What was found instead, for example `404`. */
  readonly found: string
  /** What to do about it. */
  readonly remedy: string
  /** All of it in one line. */
  readonly message: string
}

/** What is wrong with the response to a probe. */
export interface Finding {
  /** What the status does not say, for example `with another document`. */
  readonly detail?: string
  readonly remedy: string
}

/** A request whose response shows whether a path reaches the provider. It changes nothing. */
export interface Probe {
  readonly url: string
  readonly method: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** `undefined` if the response is as it should be. */
  readonly check: (response: ProbeResponse) => Finding | undefined
}

export interface ProbeResult {
  readonly problem: MountProblem | undefined
  /** Whether anything responded. */
  readonly isReached: boolean
}

export interface FetchBounds {
  readonly fetch?: Fetch | undefined
  /** Seconds for each response. Default: 5. */
  readonly timeout?: number | undefined
}

/** Sends the request of a probe and checks the response. Never rejects. */
export async function sendProbe(probe: Probe, options: FetchBounds): Promise<ProbeResult> {
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
    return { problem: problemOf(probe, await readResponse(response)), isReached: true }
  } catch (error) {
    const problem = mountProblem(
      probe,
      `nothing (${reasonOf(error)})`,
      'Does the server listen there? If only this machine cannot reach its public URL, because of a proxy or a ' +
        'router in between, pass a "fetch" that can.',
    )
    return { problem, isReached: false }
  }
}

function problemOf(probe: Probe, response: ProbeResponse): MountProblem | undefined {
  const finding = probe.check(response)
  if (finding === undefined) return undefined
  const location = response.headers.get('location')
  const detail = location === null ? finding.detail : `to ${location}`
  const server = response.headers.get('server')
  const found = [
    String(response.status),
    ...(detail === undefined ? [] : [detail]),
    ...(server === null ? [] : [`(server: ${server})`]),
  ].join(' ')
  return mountProblem(probe, found, intermediaryRemedy(response) ?? finding.remedy)
}

async function readResponse(response: Response): Promise<ProbeResponse> {
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
  return { url, method, found, remedy, message: `${method} ${url}: ${found}. ${remedy}` }
}

/** The error's message, or the code of its cause: Node's `fetch failed` says nothing itself. */
export function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { code?: string } }
  return cause?.code ?? message ?? 'unknown'
}
