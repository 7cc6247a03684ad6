/**
 * Whether a value is a promise. Not `instanceof Promise`: a promise may come from another realm or library, and if a library
 * has replaced the global `Promise`, promises of async functions are not instances of it.
 */
export function isPromiseLike<T>(answer: T | PromiseLike<T>): answer is PromiseLike<T> {
  return typeof (answer as PromiseLike<T> | null | undefined)?.then === 'function'
}

/** Handles the rejection of a value that may be a promise. Unhandled, it would end the process. */
export function ignoreRejection(answer: unknown): void {
  if (isPromiseLike(answer)) Promise.resolve(answer).catch(() => {})
}
