import type { Fetch } from './fetch-json.js'

/** A `fetch` for URLs that clients chose. This runtime has none, because no connection can be sent to a chosen address. */
export const fetchPublic: Fetch | undefined = undefined

/** Why URLs that clients chose cannot be fetched here; `undefined` if they can be. */
export function whyNoFetchPublic(): unknown {
  return new Error('this runtime cannot connect to an address that was checked before')
}
