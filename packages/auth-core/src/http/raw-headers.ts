/**
 * Reads one header from Node's `rawHeaders`. Repeated fields are joined. Node's `headers` keeps only the first of several
 * `Authorization` fields, so a request with two would be ambiguous. Building that object also costs more than looking up a
 * cached token.
 *
 * @param name In lower case.
 */
export function rawHeader(rawHeaders: readonly string[], name: string): string | undefined {
  let joined: string | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const rawName = rawHeaders[i] as string
    if (rawName.length !== name.length || rawName.toLowerCase() !== name) continue
    const value = rawHeaders[i + 1] as string
    joined = joined === undefined ? value : `${joined}, ${value}`
  }
  return joined
}
