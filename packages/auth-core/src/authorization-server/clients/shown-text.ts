/** The most that an error or an event repeats of one value. */
const longestShown = 100

/** What a client wrote, as errors and events repeat it: printable characters, up to a length. Not for what may be secret. */
export function shownText(text: string): string {
  const printable = text.replaceAll(/[^\x20-\x7e]/g, '?')
  return printable.length > longestShown ? `${printable.slice(0, longestShown)}...` : printable
}
