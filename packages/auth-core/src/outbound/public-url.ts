import { isPublicAddress } from './special-purpose-address.js'

/** Domains of a machine or a private network (RFC 6761, RFC 6762, RFC 8375, ICANN for `internal`). */
const localDomains =
  /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|lan|home|corp|private|home\.arpa)$/

/**
 * Why a URL that a client chose is not fetched; `undefined` if it may be.
 *
 * Does **not** resolve the host: whoever connects must check the address.
 */
export function publicUrlProblem(text: string): string | undefined {
  if (!URL.canParse(text)) return 'is not a URL'
  const url = new URL(text)
  if (url.protocol !== 'https:') return 'is not https'
  if (url.port !== '') return 'names a port'
  if (url.username !== '' || url.password !== '') return 'has user information'
  return localHostProblem(url.hostname)
}

/**
 * Why a host is not on the public internet; `undefined` if it may be.
 *
 * @param hostname As `URL.hostname` spells it. Octal, hexadecimal, short and full-width addresses are normalized there.
 */
export function localHostProblem(hostname: string): string | undefined {
  const literal = addressOfHost(hostname)
  if (literal !== undefined)
    return isPublicAddress(literal) ? undefined : 'names an address that is not public'
  // A resolver may complete a name without a dot from the search list of the machine.
  if (!hostname.includes('.') || hostname.endsWith('.') || localDomains.test(hostname))
    return 'names a local host'
  return undefined
}

/** The address in a host as `URL.hostname` spells it; `undefined` for a name. */
export function addressOfHost(hostname: string): string | undefined {
  if (hostname.startsWith('[')) return hostname.slice(1, -1)
  return /^[\d.]+$/.test(hostname) ? hostname : undefined
}
