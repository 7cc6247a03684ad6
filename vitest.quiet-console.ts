/**
 * Hides what the default listener prints during tests, because most of them cause events. Tests of the listener spy on
 * the console, which comes before this.
 */
const { warn } = console
console.warn = (...given: unknown[]) => {
  if (typeof given[0] !== 'string' || !given[0].startsWith('[tollgate] ')) warn(...given)
}
