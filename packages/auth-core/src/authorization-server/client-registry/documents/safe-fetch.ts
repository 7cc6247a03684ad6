import { fetchPublic, whyNoFetchPublic } from '#fetch-public'
import type { Fetch } from '../../../outbound/fetch-json.js'
import { guardedFetch } from '../../../outbound/guarded-fetch.js'

/** What URLs that clients chose are fetched with, or why nothing fetches them. */
export type SafeFetch =
  | { readonly fetch: Fetch; readonly whyNot?: undefined }
  | { readonly fetch?: undefined; readonly whyNot: unknown }

/** @param given The application's own fetch, which it says is safe. */
export function safeFetch(given: Fetch | undefined): SafeFetch {
  if (given !== undefined) return { fetch: guardedFetch(given) }
  const whyNot = whyNoFetchPublic()
  return whyNot === undefined && fetchPublic !== undefined ? { fetch: fetchPublic } : { whyNot }
}
