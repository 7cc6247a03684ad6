/** What an application that is written in JavaScript passes: no type keeps it from what it must be told at run time. */
export function fromJavaScript<T>(value: unknown): T {
  return value as T
}
