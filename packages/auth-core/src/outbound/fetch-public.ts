import type { Fetch } from './fetch-json.js'

/** A `fetch` for URLs that clients choose. Not available here: this runtime cannot connect to a chosen address. */
export const fetchPublic: Fetch | undefined = undefined

/** Why URLs that clients choose cannot be fetched here; `undefined` if they can. */
export function whyNoFetchPublic(): unknown {
  return new Error('this runtime cannot connect to an address that was checked before')
}
