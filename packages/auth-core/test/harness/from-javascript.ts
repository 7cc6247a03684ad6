/** Passes a value without type checking, as an application in JavaScript may. */
export function fromJavaScript<T>(value: unknown): T {
  return value as T
}
