import type { HttpResponse } from './http-response.js'

/**
 * Watches whether a response may continue, for example whether the token is still valid.
 *
 * @param end Called at most once, when it may not. `refusal` is the response if nothing has been sent yet.
 * @returns a function to call when the response has ended by itself.
 */
export type ResponseWatch = (end: (refusal: HttpResponse) => void) => () => void

export interface RespondCallbacks {
  /** Called when the response has been sent, has failed, was canceled, or was ended early. */
  readonly onClosed?: (() => void) | undefined
  /** Called when a refusal is sent instead: the result of the handler is no longer needed. */
  readonly onRefused?: (() => void) | undefined
}

export type RespondOutcome =
  | { readonly response: Response; readonly refusal?: undefined }
  | { readonly refusal: HttpResponse; readonly response?: undefined }

/**
 * Calls a handler, and ends its response when it may not continue. A response that has not begun is replaced by a
 * refusal. A stream ends as if it were complete. JSON that is cut off is invalid.
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

/** Turns a handler's synchronous throw into a rejection. */
async function called(respond: () => Promise<Response>): Promise<Response> {
  return respond()
}

/** How many chunks are read ahead: the chunk and the end of a short body, even if nobody reads them (HEAD). */
const readAhead = 2

/**
 * Returns the same response with a function that ends it early, and calls `closed` when its body is closed.
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

  /** Returns whether this is the first call. */
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
