import { runInNewContext } from 'node:vm'

const asyncFunctionOfAnotherRealm = runInNewContext('(async (answer) => answer())')

/** A promise, but no instance of the `Promise` of this realm. */
export function foreignPromise<T>(answer: () => T): Promise<T> {
  const promise = asyncFunctionOfAnotherRealm(answer)
  if (promise instanceof Promise) throw new Error('the promise is one of this realm')
  return promise
}

/** The rejections that nobody has handled, of what began in `run`. */
export async function unhandledRejections(run: () => unknown): Promise<readonly unknown[]> {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', note)
  try {
    await run()
    // Node tells of them between two rounds of the event loop.
    for (let round = 0; round < 2; round += 1) await new Promise((resolve) => setImmediate(resolve))
  } finally {
    process.off('unhandledRejection', note)
  }
  return unhandled
}
