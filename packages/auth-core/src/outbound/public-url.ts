import { isPublicAddress } from './special-purpose-address.js'

/** Names that never lead out of a machine or its network (RFC 6761, RFC 6762, RFC 8375, ICANN for `internal`). */
const localDomains =
  /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|lan|home|corp|private|home\.arpa)$/

/**
 * Why a URL that a client chose is not fetched, or `undefined` if it may be.
 *
 * Looks at the URL alone. That a name leads to a public address is for whoever connects to find out.
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
 * Why a host is not one of the public internet, or `undefined` if it may be.
 *
 * @param hostname In the spelling of `URL.hostname`: octal, hexadecimal, short and full-width forms of an address are that
 * address there.
 */
export function localHostProblem(hostname: string): string | undefined {
  const literal = addressOfHost(hostname)
  if (literal !== undefined)
    return isPublicAddress(literal) ? undefined : 'names an address that is not public'
  // A name without a dot, or with one at its end, is for the machine's own search list.
  if (!hostname.includes('.') || hostname.endsWith('.') || localDomains.test(hostname))
    return 'names a local host'
  return undefined
}

/** The address that is the host of a URL, in the spelling of `URL.hostname`; `undefined` for a name. */
export function addressOfHost(hostname: string): string | undefined {
  if (hostname.startsWith('[')) return hostname.slice(1, -1)
  return /^[\d.]+$/.test(hostname) ? hostname : undefined
}
