import { isLoopbackHost } from '../../options/url.js'

/** Where the user is sent with the answer: the one thing about a client that is sure. */
export type Destination =
  /** A website. */
  | { readonly kind: 'website'; readonly host: string }
  /** A program on the user's own computer. Any program there can have this address, and any name. */
  | { readonly kind: 'loopback'; readonly host: string }
  /** The program that the user's device has for a private-use scheme, for example `cursor`. */
  | { readonly kind: 'scheme'; readonly scheme: string }

/** What a redirect URI leads to, in the words of the browser: hosts in lower case and ASCII. */
export function destinationOf(redirectUri: string): Destination {
  const { protocol, host, hostname } = new URL(redirectUri)
  if (protocol !== 'https:' && protocol !== 'http:') return { kind: 'scheme', scheme: protocol.slice(0, -1) }
  return { kind: isLoopbackHost(hostname) ? 'loopback' : 'website', host }
}
