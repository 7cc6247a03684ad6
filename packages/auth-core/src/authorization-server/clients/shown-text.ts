/** How many characters of a value errors and events repeat. */
const longestShown = 100

/** A client's text as errors and events repeat it: printable and of limited length. Do not use it for secrets. */
export function shownText(text: string): string {
  const printable = text.replaceAll(/[^\x20-\x7e]/g, '?')
  return printable.length > longestShown ? `${printable.slice(0, longestShown)}...` : printable
}
