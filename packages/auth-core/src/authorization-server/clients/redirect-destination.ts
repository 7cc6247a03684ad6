import { isLoopbackHost } from '../../options/url.js'

/** Where a redirect URI leads: the only fact about a client that it cannot make up. */
export type Destination =
  /** A website. */
  | { readonly kind: 'website'; readonly host: string }
  /** A program on the user's own computer. Any program there can use this address, and any name. */
  | { readonly kind: 'loopback'; readonly host: string }
  /** The program that opens a private-use scheme on the user's device, for example `cursor`. */
  | { readonly kind: 'scheme'; readonly scheme: string }

/** Reads the destination of a redirect URI. Hosts are in lower case and ASCII, as browsers write them. */
export function destinationOf(redirectUri: string): Destination {
  const { protocol, host, hostname } = new URL(redirectUri)
  if (protocol !== 'https:' && protocol !== 'http:') return { kind: 'scheme', scheme: protocol.slice(0, -1) }
  return { kind: isLoopbackHost(hostname) ? 'loopback' : 'website', host }
}
