import type { Fetch } from './fetch-json.js'

/** This runtime does not let us choose the address that a connection goes to. See `fetch-public.node.ts`. */
export const fetchPublic: Fetch | undefined = undefined
