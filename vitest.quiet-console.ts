/**
 * Keeps what the default listener prints out of the output of tests: most of them do things that an operator would be
 * told of. A test of the listener itself spies on the console, which comes before this.
 */
const { warn } = console
console.warn = (...given: unknown[]) => {
  if (typeof given[0] !== 'string' || !given[0].startsWith('[tollgate] ')) warn(...given)
}
