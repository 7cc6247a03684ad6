/**
 * How the issuer's documents are broken.
 *
 * - `down`: the connection closes without a response
 * - `silent`: no response while the caller waits
 * - `slow`: the valid document, one byte every 10 milliseconds
 * - `error`: status 500 with the valid document
 * - `redirect`: status 302 to the valid document
 * - `html`: status 200 and a page, as from a captive portal or a single-page application
 * - `truncated`: half of the valid document
 * - `empty`: a document without members, or a JWKS without keys
 * - `oversized`: the valid document, followed by 64 MiB of spaces
 * - `bomb`: the same, compressed to some kilobytes
 *
 * A function returns any response.
 */
export type Breakage =
  | 'down'
  | 'silent'
  | 'slow'
  | 'error'
  | 'redirect'
  | 'html'
  | 'truncated'
  | 'empty'
  | 'oversized'
  | 'bomb'
  | ((url: string) => Response | Promise<Response>)

/** A response, and whether it is sent compressed over a socket. */
export interface Answer {
  readonly response: Response
  readonly compressed?: boolean
}

/** A document of the issuer, unbroken. */
export interface Document {
  readonly url: string
  readonly content: object
  /** The same document without content. */
  readonly empty: object
  /** Another URL of the document. */
  readonly elsewhere: string
}

/** @throws if the connection is broken, or as soon as `signal` aborts. */
export async function answerBroken(
  how: Breakage,
  document: Document,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  if (typeof how === 'function') return { response: await how(document.url) }
  const response = await answers[how](document, JSON.stringify(document.content), signal)
  return { response, compressed: how === 'bomb' }
}

type BrokenAnswer = (
  document: Document,
  text: string,
  signal: AbortSignal | undefined,
) => Response | Promise<Response>

const answers: Record<Extract<Breakage, string>, BrokenAnswer> = {
  down: () => Promise.reject(new TypeError('fetch failed')),
  silent: (_document, _text, signal) => untilAborted(signal),
  slow: (_document, text, signal) => jsonOf(drip(text), signal),
  error: ({ content }) => Response.json(content, { status: 500 }),
  redirect: ({ elsewhere }) => new Response(null, { status: 302, headers: { location: elsewhere } }),
  html: () => new Response(page, { headers: { 'content-type': 'text/html' } }),
  truncated: (_document, text, signal) => jsonOf([text.slice(0, text.length / 2)], signal),
  empty: ({ empty }) => Response.json(empty),
  oversized: (_document, text, signal) => jsonOf(padded(text), signal),
  bomb: (_document, text, signal) => jsonOf(padded(text), signal),
}

const page = '<!doctype html><title>Welcome</title>'

function jsonOf(chunks: Iterable<string> | AsyncIterable<string>, signal: AbortSignal | undefined): Response {
  const iterator = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]()
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      signal?.addEventListener('abort', () => controller.error(signal.reason), { once: true })
    },
    async pull(controller) {
      const { value, done } = await iterator.next()
      if (signal?.aborted === true) return
      if (done === true) controller.close()
      else controller.enqueue(new TextEncoder().encode(value))
    },
  })
  return new Response(body, { headers: { 'content-type': 'application/json' } })
}

async function* drip(text: string): AsyncGenerator<string> {
  for (const character of text) {
    yield character
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

function* padded(text: string): Generator<string> {
  yield text
  const spaces = ' '.repeat(2 ** 16)
  for (let i = 0; i < 2 ** 10; i += 1) yield spaces
}

function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  if (signal?.aborted === true) return Promise.reject(signal.reason)
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
