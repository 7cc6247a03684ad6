/**
 * One header of Node's `rawHeaders`. Node's own `headers` drops all but the first of several `Authorization` fields;
 * here they are joined, so that a request with two is refused rather than read in one of two ways. Nor does this
 * build the object of all headers, which costs more than the look-up of a known token.
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
