import { runInNewContext } from 'node:vm'

const asyncFunctionOfAnotherRealm = runInNewContext('(async (answer) => answer())')

/** A promise that is not an instance of this realm's `Promise`. */
export function foreignPromise<T>(answer: () => T): Promise<T> {
  const promise = asyncFunctionOfAnotherRealm(answer)
  if (promise instanceof Promise) throw new Error('the promise is an instance of this realm')
  return promise
}

/** Returns the unhandled rejections that `run` causes. */
export async function unhandledRejections(run: () => unknown): Promise<readonly unknown[]> {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', note)
  try {
    await run()
    // Node reports them between two turns of the event loop.
    for (let round = 0; round < 2; round += 1) await new Promise((resolve) => setImmediate(resolve))
  } finally {
    process.off('unhandledRejection', note)
  }
  return unhandled
}
