/** Seconds between two looks at the token of a response that is still open. */
const period = 1

/**
 * What has become of a token: nothing, or the reason to end the response. It is called at each look, also while an answer
 * that it has promised is still on its way.
 */
export type TokenCheck<Refusal> = () => Refusal | undefined | Promise<Refusal | undefined>

/**
 * Looks at a token as long as a response is open, and ends the response once the token does not hold any more. The timer
 * is the response's own, because some runtimes allow no other, and does not keep the process alive.
 *
 * @param check Does not reject.
 * @param end Called once, unless the watch was stopped before.
 * @returns What to call when the response has ended by itself.
 */
export function watchToken<Refusal>(check: TokenCheck<Refusal>, end: (refusal: Refusal) => void): () => void {
  let isStopped = false
  let timer: ReturnType<typeof setTimeout> | undefined

  function wait(): void {
    timer = setTimeout(look, period * 1000)
    letProcessEnd(timer)
  }

  // The next look does not wait for an answer: one that never comes must not keep a response open.
  async function look(): Promise<void> {
    wait()
    const refusal = await check()
    if (isStopped || refusal === undefined) return
    stop()
    end(refusal)
  }

  function stop(): void {
    isStopped = true
    clearTimeout(timer)
  }

  wait()
  return stop
}

/** Where timers are numbers, nothing can be said about them. */
function letProcessEnd(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
    timer.unref()
}
