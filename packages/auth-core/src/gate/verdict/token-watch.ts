/** Seconds between two checks of the token of an open response. */
const period = 1

/**
 * Returns why a response must end, or `undefined` while its token is valid. Called at every check, even while the promise
 * of an earlier call is pending.
 */
export type TokenCheck<Refusal> = () => Refusal | undefined | Promise<Refusal | undefined>

/**
 * Checks a token while a response is open, and ends the response when the token is no longer valid. Every response has a
 * timer of its own, because some runtimes allow no other. The timer does not keep the process alive.
 *
 * @param check Must not reject.
 * @param end Called at most once, and not after the watch was stopped.
 * @returns A function that stops the watch. Call it when the response has ended.
 */
export function watchToken<Refusal>(check: TokenCheck<Refusal>, end: (refusal: Refusal) => void): () => void {
  let isStopped = false
  let timer: ReturnType<typeof setTimeout> | undefined

  function wait(): void {
    timer = setTimeout(checkOnce, period * 1000)
    letProcessEnd(timer)
  }

  // The next check does not wait for this one: a check that never settles must not keep a response open.
  async function checkOnce(): Promise<void> {
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

/** Does nothing where timers are numbers. */
function letProcessEnd(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
    timer.unref()
}
