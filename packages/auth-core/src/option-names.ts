/**
 * Refuses an option whose name is not known. Misspelt, it would be ignored in silence, and what it should have limited
 * would have no limit.
 *
 * @param path Where the options are in others, for example `lifetimes.`; nothing for the outermost.
 * @param known The names that there are, as keys.
 * @throws `TypeError`, naming the option and those that there are.
 */
export function refuseUnknownOptions(path: string, options: object, known: object): void {
  const unknown = Object.entries(options).find(
    ([name, value]) => value !== undefined && !Object.hasOwn(known, name),
  )
  if (unknown === undefined) return
  throw new TypeError(`"${path}${unknown[0]}" is not an option: there are ${Object.keys(known).join(', ')}`)
}
