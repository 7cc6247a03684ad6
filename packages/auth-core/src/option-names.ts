/**
 * Refuses an option whose name is not known. Misspelt, it would be ignored in silence, and what it should have limited
 * would have no limit.
 *
 * @param path Where the options are in others, for example `lifetimes.`; nothing for the outermost.
 * @param known The names that there are, as keys.
 * @param remedies What to do about names that are options elsewhere.
 * @throws `TypeError`, naming the option and those that there are.
 */
export function refuseUnknownOptions(
  path: string,
  options: object,
  known: object,
  remedies: Readonly<Record<string, string>> = {},
): void {
  const unknown = Object.entries(options).find(
    ([name, value]) => value !== undefined && !Object.hasOwn(known, name),
  )
  if (unknown === undefined) return
  const [name] = unknown
  const remedy = Object.hasOwn(remedies, name) ? remedies[name] : `there are ${Object.keys(known).join(', ')}`
  throw new TypeError(`"${path}${name}" is not an option: ${remedy}`)
}
