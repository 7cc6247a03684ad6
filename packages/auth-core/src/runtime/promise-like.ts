/**
 * Whether an answer comes later. Not `instanceof Promise`: a promise may be of another realm or another library, and
 * where a library has replaced the global `Promise`, those of async functions are not instances of it.
 */
export function isPromiseLike<T>(answer: T | PromiseLike<T>): answer is PromiseLike<T> {
  return typeof (answer as PromiseLike<T> | null | undefined)?.then === 'function'
}

/** For an answer that nobody waits for, in case it is a promise all the same: its rejection would end the process. */
export function ignoreRejection(answer: unknown): void {
  if (isPromiseLike(answer)) Promise.resolve(answer).catch(() => {})
}
