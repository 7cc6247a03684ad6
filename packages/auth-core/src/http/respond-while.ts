import type { HttpResponse } from './http-response.js'

/**
 * Watches whether a response may go on.
 *
 * @param end Called at most once, when it may not: with what to respond if nothing has been sent yet.
 * @returns What to call when the response has ended by itself.
 */
export type ResponseWatch = (end: (refusal: HttpResponse) => void) => () => void

export interface RespondCallbacks {
  /** Called when the response has been sent, has failed, is not wanted any more, or was ended early. */
  readonly onClosed?: (() => void) | undefined
  /** Called when a refusal is sent instead: what the handler is still doing is not wanted any more. */
  readonly onRefused?: (() => void) | undefined
}

export type RespondOutcome =
  | { readonly response: Response; readonly refusal?: undefined }
  | { readonly refusal: HttpResponse; readonly response?: undefined }

/**
 * Calls a handler, and ends its response when it may not go on. One that has not begun is replaced by a refusal; a stream
 * ends as if it were complete, and so does JSON, which may be streamed, too: cut off, it is not valid any more.
 */
export function respondWhile(
  watch: ResponseWatch | undefined,
  respond: () => Promise<Response>,
  { onClosed, onRefused }: RespondCallbacks = {},
): Promise<RespondOutcome> {
  return new Promise((resolve, reject) => {
    let isRefused = false
    let end = (refusal: HttpResponse) => {
      isRefused = true
      resolve({ refusal })
      onRefused?.()
      onClosed?.()
    }
    const stop = watch?.((refusal) => end(refusal)) ?? (() => {})
    function settle(response: Response): void {
      if (isRefused) {
        response.body?.cancel().catch(() => {})
      } else if (onClosed === undefined && watch === undefined) {
        resolve({ response })
      } else {
        const tracked = trackBody(response, () => {
          stop()
          onClosed?.()
        })
        end = tracked.end
        resolve({ response: tracked.response })
      }
    }

    called(respond)
      .then(settle)
      .catch((error) => {
        stop()
        reject(error)
      })
  })
}

/** Handlers are written in JavaScript, too: one that throws at once has failed like any other. */
async function called(respond: () => Promise<Response>): Promise<Response> {
  return respond()
}

/** Chunks read before anybody wants them: the one of a short body, and its end, also where nobody reads it (HEAD). */
const readAhead = 2

/**
 * The same response, with a call when its body is closed, and a way to end it early.
 *
 * @param closed Called once.
 */
export function trackBody(
  answer: Response,
  closed: () => void,
): { readonly response: Response; readonly end: () => void } {
  if (answer.body === null) {
    closed()
    return { response: answer, end: () => {} }
  }
  const reader = answer.body.getReader()
  let isClosed = false
  let controller: ReadableStreamDefaultController<Uint8Array>

  /** Whether this is the first time. */
  function close(): boolean {
    if (isClosed) return false
    isClosed = true
    closed()
    return true
  }

  const body = new ReadableStream<Uint8Array>(
    {
      start(own) {
        controller = own
      },
      async pull() {
        try {
          const { done, value } = await reader.read()
          if (isClosed) return
          if (!done) return controller.enqueue(value)
          controller.close()
        } catch (error) {
          if (!isClosed) controller.error(error)
        }
        close()
      },
      async cancel(reason) {
        close()
        await reader.cancel(reason)
      },
    },
    { highWaterMark: readAhead },
  )
  const { status, statusText, headers } = answer
  return {
    response: new Response(body, { status, statusText, headers }),
    end() {
      if (!close()) return
      controller.close()
      reader.cancel().catch(() => {})
    },
  }
}
