import { fetchPublic, whyNoFetchPublic } from '#fetch-public'
import type { Fetch } from '../../../outbound/fetch-json.js'
import { guardedFetch } from '../../../outbound/guarded-fetch.js'

/** Fetches URLs that clients chose; or the reason why nothing can fetch them safely. */
export type SafeFetch =
  | { readonly fetch: Fetch; readonly whyNot?: undefined }
  | { readonly fetch?: undefined; readonly whyNot: unknown }

/** @param given The option `ssrfSafeFetch`, whose safety is the application's responsibility. */
export function safeFetch(given: Fetch | undefined): SafeFetch {
  if (given !== undefined) return { fetch: guardedFetch(given) }
  const whyNot = whyNoFetchPublic()
  return whyNot === undefined && fetchPublic !== undefined ? { fetch: fetchPublic } : { whyNot }
}
