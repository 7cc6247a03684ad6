import type { ClientOrigin } from '../clients/client.js'
import { destinationOf } from '../clients/redirect-destination.js'

/**
 * Whether a browser may be sent back to a client before its user has been asked anything.
 *
 * Anybody can register a client, or publish one, whose redirect URI is a website of theirs, and send people a link to
 * this server with a mistake in it. If the mistake were told to that client at once, the link would lead from the server
 * that people trust to the website that they must not, and nobody would have pressed anything in between. A private-use
 * redirect URI would open a program in the same way. So the browser goes there unasked only if the operator has named the
 * client. Loopback is no place that a link could not reach without this server.
 *
 * @see [RFC 9700 section 4.11.2](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.11.2)
 */
export function mayRedirectUnasked(origin: ClientOrigin, redirectUri: string): boolean {
  return origin === 'configuration' || destinationOf(redirectUri).kind === 'loopback'
}
