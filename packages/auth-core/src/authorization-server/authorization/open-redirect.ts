import type { ClientOrigin } from '../clients/client.js'
import { destinationOf } from '../clients/redirect-destination.js'

/**
 * Whether the browser may be redirected to a client before the user's decision. Allows only configured clients and
 * loopback.
 *
 * Anyone can register a client whose redirect URI is their website, and send people a link to this server with a mistake
 * in it. A redirect with the error would take them from the server that they trust to that website without a click. A
 * private-use redirect URI would open a program in the same way. Loopback is reachable by a link without this server.
 *
 * @see [RFC 9700 section 4.11.2](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.11.2)
 */
export function mayRedirectWithoutConsent(origin: ClientOrigin, redirectUri: string): boolean {
  return origin === 'configuration' || destinationOf(redirectUri).kind === 'loopback'
}
