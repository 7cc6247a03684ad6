/** Passes values as JavaScript does, without types: the library must check them at run time. */
export function fromJavaScript<T>(value: unknown): T {
  return value as T
}
